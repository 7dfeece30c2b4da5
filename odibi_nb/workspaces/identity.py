"""Which node a cell means, and what its author might not have meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["Twins", "doubts", "former_of"]


class Twins:
    """Declarations of cells that are still there, of a name that another cell has taken since."""

    def __init__(self) -> None:
        self._older: dict[str, list[DeclaredNode]] = {}

    def note(self, before: DeclaredNode | None, node: DeclaredNode) -> None:
        """Remember what a declaration has replaced, if its cell is another one."""
        older = [one for one in self._older.get(node.name, ()) if one.origin.id != node.origin.id]
        if before is not None and node.origin.is_other_cell(before.origin):
            older.append(before)
        self._older[node.name] = older

    def of(self, node: DeclaredNode) -> list[str]:
        """Say which other cells declare a node too."""
        return [node.origin.both(one.origin, f"declare '{node.name}'") for one in self._older.get(node.name, ())]

    def forget_undeclared(self, cell_id: str, label: str) -> None:
        """Forget what a cell has declared before, and hasn't in its run of now."""
        for name, older in self._older.items():
            self._older[name] = [one for one in older if one.origin.id != cell_id or one.origin.is_run(label)]

    def forget_cells(self, cell_ids: Collection[str]) -> None:
        """Forget the declarations of cells that are gone."""
        for name, older in self._older.items():
            self._older[name] = [one for one in older if one.origin.id not in cell_ids]

    def take(self, name: str) -> DeclaredNode | None:
        """Return the last declaration of a name before the present one, and forget it."""
        older = self._older.get(name)
        return older.pop() if older else None

    def clear(self) -> None:
        self._older.clear()


def former_of(node: DeclaredNode, others: Mapping[str, DeclaredNode]) -> DeclaredNode | None:
    """Return the node that the same cell declared under another name."""
    if node.origin.id is None:
        return None
    cells = (other for other in others.values() if node.origin.is_same_cell(other.origin))
    alone = (other for other in cells if node.origin.alone and other.origin.alone)
    return next((other for other in alone if other.name != node.name), None)


def doubts(
    node: DeclaredNode,
    before: DeclaredNode | None,
    others: Mapping[str, DeclaredNode],
    is_variable: Callable[[str], bool],
) -> Iterator[str]:
    """Say what the one who declares might not have meant; before: the node that has the name so far."""
    for name in _read_unasked(node, others):
        if not is_variable(name):
            yield f"'{name}' is a node: to read it, make it a parameter of '{node.name}'"
    if is_variable(node.name) and node.function is None:  # a function given is a variable anyway
        yield f"'{node.name}' is a variable of the notebook too; in nodes the node wins"
    if before is None and node.origin.label is not None and node.origin.id is None and node.code:
        same = [other.name for other in others.values() if other.says_same(node)]
        if len(same) == 1:
            yield f"'{same[0]}' says the same; if this is its new name: %odibi rename {same[0]} {node.name}"
        elif same:
            command = f"%odibi rename {same[-1]} {node.name}"
            some = ", ".join(same[:3]) + (" …" if len(same) > 3 else "")
            yield f"{len(same)} nodes say the same ({some}); if this is the new name of one: {command}"


def _read_unasked(node: DeclaredNode, others: Mapping[str, DeclaredNode]) -> list[str]:
    """Return the nodes that a node's function names without having them as parameters."""
    if node.body is None or node.body.form != "function":
        return []
    return sorted(name for name in node.body.uses if name in others and name != node.name)

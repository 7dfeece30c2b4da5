"""Names in an exported module: of the functions of nodes, and of the decorator that marks them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count

from odibi_nb.exceptions import TransformError
from odibi_nb.exporting.functions import NodeFunction, calls_itself

__all__ = ["function_names", "mark"]


def function_names(functions: Sequence[NodeFunction], taken: Collection[str]) -> Mapping[str, str]:
    """Return what the function of each node is called: as the node, unless something else is; taken: what is.

    Raises TransformError where that needs another name in a text that uses its own.
    """
    names: dict[str, str] = {one.node: one.name for one in functions if one.piece is None}
    for one in functions:
        if one.piece is None:
            continue
        used = {*taken, *names.values()}
        name = next(name for name in chain([one.name], _others(f"{one.node}_node")) if name not in used)
        if name != one.name and calls_itself(one):
            raise TransformError(
                f"the function of node '{one.node}' and something else of the notebook have one name",
                hint="rename one of them",
                node=one.node,
            )
        names[one.node] = name
    return names


def mark(taken: Iterable[str]) -> tuple[str, str]:
    """Return the decorator of nodes' functions, and the import that it needs; taken: names that mean something else."""
    names = set(taken)
    if "node" not in names:
        return "@node", "from odibi_nb import node"
    name = next(name for name in chain(["odibi_nb"], _others("odibi_nb_")) if name not in names)
    return f"@{name}.node", "import odibi_nb" + (f" as {name}" if name != "odibi_nb" else "")


def _others(name: str) -> Iterator[str]:
    return (f"{name}{number or ''}" for number in count())

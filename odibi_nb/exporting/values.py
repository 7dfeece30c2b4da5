"""Whether the code of an exported node, and all that it uses, is what it was; and if not, which value is at fault."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from odibi_nb.exporting.functions import NodeFunction
from odibi_nb.fingerprints import Fingerprint, Value, Values, imports_of
from odibi_nb.fingerprints.code import global_names, normal_python
from odibi_nb.runner.tasks import FunctionStep
from odibi_nb.workspaces.functions import CellFunction, GivenFunction
from odibi_nb.workspaces.source_functions import SourceFunction

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["Difference", "Same"]

Difference = tuple[str, str, str]
"""What is another thing in the export, and in words what it was and what it is; "" where no words tell."""


@dataclass(slots=True)
class Same:
    """Compares the Python of a notebook's nodes with that of its export.

    but_for: names of what the session has set. untold: what is known by identity alone, so that nobody can compare it,
    by the name that it has.
    """

    ws: Workspace
    exported: Workspace
    but_for: Collection[str] = ()
    untold: dict[str, str] = field(default_factory=dict)
    _mine: Values = field(default_factory=lambda: Values(""))
    _others: Values = field(default_factory=lambda: Values(""))
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def differences(
        self, name: str, before: Fingerprint, after: Fingerprint, function: NodeFunction | None
    ) -> Iterator[Difference]:
        """Yield what is another thing; what a session has set isn't exported."""
        if function is not None:
            yield from self._of_code(name, function)
        if before.params.keys() != after.params.keys():
            yield "its parameters", repr(sorted(before.params)), repr(sorted(after.params))
        for param in before.params.keys() & after.params.keys():
            if not self._is_of_session(param) and before.params[param].digest != after.params[param].digest:
                yield f"parameter '{param}'", before.params[param].shown, after.params[param].shown
        if function is None or function.piece is not None:  # a function that was given is compared as a whole
            yield from self._of_helpers(name, before, after, has_beside=function is not None and bool(function.beside))

    def _is_of_session(self, name: str) -> bool:
        variables = self.ws.project.vars if self.ws.project is not None else {}
        return name in self.ws.params and self.ws.params[name] != variables.get(name)

    def _of_code(self, name: str, function: NodeFunction) -> Iterator[Difference]:
        node, other = self.ws.nodes[name], self.exported.nodes[name]
        if function.piece is None:
            given = self.exported.nodes.variables().get(function.name)
            yield from self._of(function.name, _bare(node.function), _bare(given))
            return
        before = normal_python(function.piece.text, function.name)
        after = normal_python(other.body.source, other.body.node) if other.body is not None else ""
        if before != after:
            yield "its code", repr(before), repr(after)

    def _of_helpers(
        self, name: str, before: Fingerprint, after: Fingerprint, *, has_beside: bool
    ) -> Iterator[Difference]:
        mine, others = (_without_future(fingerprint.helpers) for fingerprint in (before, after))
        if not has_beside and mine.keys() != others.keys():
            yield "what it uses", repr(sorted(mine)), repr(sorted(others))
        used = [_used(one, name) for one in (self.ws, self.exported)]
        own = _named_by(self.ws, name)
        for helper in sorted(mine.keys() & others.keys()):
            if helper in used[0] and helper in used[1]:
                if helper in own:  # what these use is looked at along with them
                    yield from self._of(helper, used[0][helper], used[1][helper])
            elif mine[helper].digest != others[helper].digest:
                yield f"'{helper}', which it uses,", mine[helper].shown, others[helper].shown

    def _of(self, name: str, mine: Any, others: Any) -> Iterator[Difference]:
        """Yield what differs in two values, or in what they use."""
        if name in self.but_for or (id(mine), id(others)) in self._seen:
            return
        self._seen.add((id(mine), id(others)))
        before, after = self._mine.look(mine), self._others.look(others)
        if before.digest == after.digest:
            return
        if isinstance(mine, FunctionType) and isinstance(others, FunctionType) and before.own and after.own:
            yield from self._of_functions(name, (mine, before), (others, after))
        elif before.unsure or after.unsure:
            self.untold.setdefault(name, before.unsure or after.unsure)
        else:
            yield f"'{name}', which it uses,", before.shown, after.shown

    def _of_functions(
        self, name: str, mine: tuple[FunctionType, Value], others: tuple[FunctionType, Value]
    ) -> Iterator[Difference]:
        if mine[1].own != others[1].own:
            yield f"the code of '{name}', which it uses,", "", ""
            return
        held = [dict(_held(one[0])) for one in (mine, others)]
        for one in sorted(held[0].keys() | held[1].keys()):
            if one not in held[0] or one not in held[1]:
                words = ["something of the code's own" if one in which else "Python's own" for which in held]
                yield f"'{one}', which '{name}' uses,", words[0], words[1]
            else:
                yield from self._of(one, held[0][one], held[1][one])


def _without_future(helpers: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in helpers.items() if not name.startswith("import __future__")}


def _used(ws: Workspace, name: str) -> dict[str, Any]:
    """Return the values that a node may use, by name: the functions of its steps, and all that is global to it."""
    node = ws.nodes[name]
    variables = node.namespace() if node.namespace is not None else ws.nodes.variables()
    return {**variables, **{step.name: _real(step.function) for step in _calls(ws, name)}}


def _named_by(ws: Workspace, name: str) -> set[str]:
    """Return the names that a node's own code takes from outside, and those of the functions that its steps call."""
    body = ws.nodes[name].body
    return {step.name for step in _calls(ws, name)}.union(body.uses if body is not None else ())


def _calls(ws: Workspace, name: str) -> list[FunctionStep]:
    """Return the steps of a node that call other functions than its own."""
    steps = [step for step in ws.nodes.ready(name).steps if isinstance(step, FunctionStep)]
    return [step for step in steps if not isinstance(step.function, CellFunction)]


def _real(function: Any) -> Any:
    if isinstance(function, SourceFunction):
        return function.real
    return function.given if isinstance(function, GivenFunction) else function


def _held(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function has of its own, and what it takes from its globals, by name."""
    for number, value in enumerate(function.__defaults__ or ()):
        yield f"{function.__name__}, default {number + 1}", value
    for name, value in (function.__kwdefaults__ or {}).items():
        yield f"{function.__name__}, default of {name}", value
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if cell != type(cell)():  # it may be empty yet
            yield name, cell.cell_contents
    yield from vars(function).items()
    yield f"{function.__name__}, annotations", {one: str(kind) for one, kind in function.__annotations__.items()}
    imports = imports_of(function.__code__, function.__globals__.get("__package__") or "")
    yield from ((f"import {name}", module) for name, module in imports.items())
    scope = function.__globals__
    names = (name for name in global_names(function.__code__) if name in scope)
    yield from ((name, scope[name]) for name in names if name != "__name__" or _asks_name(function.__code__))


def _asks_name(code: CodeType) -> bool:
    """Whether code asks for `__name__` itself; the body of each class within it does so for its own sake."""
    is_of_class = "__qualname__" in code.co_names
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return (not is_of_class and "__name__" in code.co_names) or any(map(_asks_name, inner))


def _bare(function: Any) -> Any:
    """Return a function without what decorators have put on it."""
    if not isinstance(function, FunctionType):
        return function
    bare = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    bare.__kwdefaults__, bare.__annotations__ = function.__kwdefaults__, function.__annotations__
    return bare

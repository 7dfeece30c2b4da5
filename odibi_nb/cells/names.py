"""Which names Python statements bind, and which they take from outside, by Python's scope rules."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["AMBIENT", "Name", "Names", "names_of"]

# What a notebook has without defining it.
AMBIENT = frozenset(dir(builtins)) | {
    "__file__",
    "__annotations__",
    "display",
    "get_ipython",
    "exit",
    "quit",
    "In",
    "Out",
}

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Name:
    """A name and the line of its first mention, 1-based."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a run of statements.

    reads: taken from outside, in order of first mention; a name assigned before it is loaded is not.
    uses: those, and the names declared `global`.
    bound: assigned, imported, defined or annotated at the top.
    """

    reads: tuple[Name, ...]
    uses: frozenset[str]
    bound: frozenset[str]


def names_of(statements: Sequence[ast.stmt]) -> Names:
    """Read the names of top-level statements, in the order in which Python would meet them.

    A load inside a function happens later than its definition, so it is from outside only when the
    statements bind the name nowhere; elsewhere it is when they have not bound it yet.
    Raises SyntaxError for code nested too deeply to walk.
    """
    visitor = _Visitor()
    try:
        visitor.visit_all(statements)
    except RecursionError as exc:
        raise SyntaxError("the code is nested too deeply") from exc
    top = visitor.scope
    free = [load for load in top.loads if load.is_global or not top.hides(load)]
    reads: dict[str, Name] = {}
    for load in free:
        if not load.is_global:
            reads.setdefault(load.name, Name(load.name, load.line))
    bound = (top.bound | top.unbound) - top.elsewhere.keys()
    return Names(tuple(reads.values()), frozenset(load.name for load in free), frozenset(bound))


@dataclass(slots=True)
class _Load:
    name: str
    line: int
    deferred: bool
    bound_before: bool
    is_global: bool


@dataclass(slots=True)
class _Scope:
    """One Python scope; `inner` is a comprehension's: run at once, seeing all that is around it.

    unbound: names that are local, but have no value (annotated only, deleted).
    elsewhere: names declared `global` or `nonlocal`.
    """

    kind: Literal["top", "function", "class", "inner"]
    bound: set[str] = field(default_factory=set)
    unbound: set[str] = field(default_factory=set)
    elsewhere: dict[str, Literal["global", "nonlocal"]] = field(default_factory=dict)
    loads: list[_Load] = field(default_factory=list)

    def load(self, name: str, line: int, *, deferred: bool = False) -> None:
        is_global = self.elsewhere.get(name) == "global"
        self.loads.append(_Load(name, line, deferred, name in self.bound, is_global))

    def bind(self, name: str) -> None:
        if name not in self.elsewhere:
            self.bound.add(name)
            self.unbound.discard(name)

    def unbind(self, name: str) -> None:
        self.bound.discard(name)
        self.unbound.add(name)

    def hides(self, load: _Load) -> bool:
        if self.kind == "class":  # its names are invisible to its methods
            return (load.bound_before and not load.deferred) or (load.deferred and load.name == "__class__")
        if self.kind == "top" and not load.deferred:
            return load.bound_before
        return load.name in self.bound or load.name in self.unbound


class _Visitor(ast.NodeVisitor):
    """Walks statements in evaluation order, one scope on the stack for each nested one."""

    def __init__(self) -> None:
        self._scopes = [_Scope("top")]

    @property
    def scope(self) -> _Scope:
        return self._scopes[-1]

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.scope.bind(node.id)
            return
        self.scope.load(node.id, node.lineno)
        if isinstance(node.ctx, ast.Del):
            self.scope.unbind(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        owner = next(scope for scope in reversed(self._scopes) if scope.kind != "inner")
        owner.bind(node.target.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit_all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.scope.load(node.target.id, node.target.lineno)
        self.visit_all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit_all([node.annotation, node.value])
        if node.value is None and isinstance(node.target, ast.Name):
            if node.target.id not in self.scope.bound:
                self.scope.unbound.add(node.target.id)
        else:
            self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit_all([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For  # noqa: N815 - the name is ast's

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all([node.type])
        if node.name:
            self.scope.bind(node.name)
        self.visit_all(node.body)
        if node.name:
            self.scope.unbind(node.name)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.scope.bind(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.elsewhere.update(dict.fromkeys(node.names, "global"))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.elsewhere.update(dict.fromkeys(node.names, "nonlocal"))

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.generic_visit(node)
        if node.name:
            self.scope.bind(node.name)

    visit_MatchStar = visit_MatchAs  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self.scope.bind(node.rest)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all(node.decorator_list)
        self.scope.bind(node.name)
        self._generic_parameters(node)
        self._visit_function(node, node.body)
        self._leave_generic(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all(node.decorator_list)
        self._generic_parameters(node)
        self.visit_all([*node.bases, *node.keywords])
        self._enter("class")
        self.visit_all(node.body)
        self._leave()
        self._leave_generic(node)
        self.scope.bind(node.name)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        self._generic_parameters(node)
        self._enter("function")  # its value is evaluated on first use
        self.visit(node.value)  # type: ignore[attr-defined]
        self._leave()
        self._leave_generic(node)
        self.visit(node.name)  # type: ignore[attr-defined]

    def visit_ListComp(self, node: _Comprehension) -> None:
        self.visit(node.generators[0].iter)  # evaluated outside the comprehension's scope
        self._enter("inner")
        for number, generator in enumerate(node.generators):
            self.visit_all([generator.iter if number else None, generator.target, *generator.ifs])
        self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self._leave()

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def _visit_function(self, node: _Function, body: Sequence[ast.AST]) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        self.visit_all([*arguments.defaults, *arguments.kw_defaults, *(each.annotation for each in every)])
        self.visit_all([getattr(node, "returns", None)])
        self._enter("function")
        self.scope.bound.update(each.arg for each in every)
        self.visit_all(body)
        self._leave()

    def _generic_parameters(self, node: ast.AST) -> None:
        # `def f[T](…)`: syntax of Python 3.12; a scope around annotations and body.
        if parameters := getattr(node, "type_params", None):
            self._enter("inner")
            self.scope.bound.update(each.name for each in parameters)

    def _leave_generic(self, node: ast.AST) -> None:
        if getattr(node, "type_params", None):
            self._leave()

    def _enter(self, kind: Literal["function", "class", "inner"]) -> None:
        self._scopes.append(_Scope(kind))

    def _leave(self) -> None:
        done = self._scopes.pop()
        for load in done.loads:
            if load.is_global:
                self.scope.loads.append(load)
            elif not done.hides(load):
                self.scope.load(load.name, load.line, deferred=load.deferred or done.kind == "function")

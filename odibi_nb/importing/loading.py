"""What a module does while it is loaded, and so which of its pieces may stand elsewhere or be left alone."""

from __future__ import annotations

import ast
import builtins
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence

from odibi_nb.cells.names import names_of
from odibi_nb.importing.pieces import Function, Piece, library_decorator

__all__ = ["Loading"]

_ANYTHING = frozenset({"globals", "eval", "exec"})
_OWN_NAMES = frozenset({"locals", "vars"})
_PURE = frozenset({"abc", "contextlib", "dataclasses", "enum", "functools", "typing", "typing_extensions"})
_BUILTINS = frozenset(dir(builtins))
_ASSIGNMENTS = ast.Assign | ast.AnnAssign | ast.AugAssign


class Loading:
    """The pieces of a module in their order. beside: the modules that lie beside it."""

    def __init__(self, pieces: Sequence[Piece], beside: Collection[str] = ()) -> None:
        self._pieces, self._beside = pieces, beside
        self._definers: dict[str, list[Piece]] = {}
        for piece in pieces:
            for name in piece.bound:
                self._definers.setdefault(name, []).append(piece)
        self._imports = dict(_imports(pieces))
        self._now = {id(piece): self._at_once(piece) for piece in pieces}
        self._called = self.reached(name for now in self._now.values() for name in now)
        self._rebound = {name for piece in pieces for name in _declared_global(piece)}
        self._words = {word for piece in pieces for word in _words(piece)}

    @property
    def needs_all(self) -> bool:
        """Whether the code looks names up in ways that its text doesn't tell, or says some before they are there."""
        if any(piece.uses & _ANYTHING for piece in self._pieces):
            return True
        if any(now & _OWN_NAMES for now in self._now.values()):
            return True
        return any(piece.is_future for piece in self._pieces) and self._annotates_ahead()

    def _annotates_ahead(self) -> bool:
        """Whether an annotation says names that aren't there yet where it stands."""
        known = set(_BUILTINS)
        for piece in self._pieces:
            if piece.function is not None and not _annotated(piece.function) <= known | piece.bound:
                return True
            known |= piece.bound
        return False

    def reached(self, names: Iterable[str]) -> frozenset[str]:
        """Return the names, and all that what defines them uses."""
        pending, seen = deque(names), set[str]()
        while pending:
            name = pending.popleft()
            if name not in seen:
                seen.add(name)
                pending.extend(used for piece in self._definers.get(name, ()) for used in piece.uses)
        return frozenset(seen)

    def may_move(self, piece: Piece) -> bool:
        """Whether a function would be the same below all that follows it, and nothing misses it there."""
        if piece.function is None or not self._has_pure_decorators(piece.function):
            return False
        now = self._now[id(piece)]
        if piece.bound & self._called or now & self._rebound or len(self._definers[piece.function.name]) > 1:
            return False
        later = self._pieces[next(at for at, one in enumerate(self._pieces) if one is piece) + 1 :]
        if any(not now.isdisjoint(one.bound) or (now and "*" in one.bound) for one in later):
            return False
        return not _computes(piece.function) or all(self._is_inert(part) for one in later for part in one.statements)

    def acts(self, piece: Piece, needed: Collection[str]) -> bool:
        """Whether a piece has to be run although none of the needed names is its own."""
        if piece.is_effect:
            return True
        if not piece.bound.isdisjoint(needed):
            return False
        said = {f"@{name}" for name in piece.bound} | (set() if piece.is_import else piece.bound)
        return not said.isdisjoint(self._words) or not all(map(self._is_inert, piece.statements))

    def acting(self, needed: Collection[str]) -> list[Piece]:
        """Return all pieces that have to be run so, where `needed` are the names that nodes use."""
        return [piece for piece in self._pieces if self.acts(piece, needed)]

    def _at_once(self, piece: Piece) -> frozenset[str]:
        """Return the names that are looked up where a piece stands; the body of a function waits until it is called."""
        if piece.function is None:
            return piece.uses
        copy = _copied(piece.function)
        copy.body = [ast.Pass()]
        copy.decorator_list = [one for one in copy.decorator_list if not library_decorator(one)]
        return names_of([copy]).uses

    def _is_inert(self, statement: ast.stmt) -> bool:
        """Whether a statement binds names and does nothing else."""
        match statement:
            case ast.Import() | ast.ImportFrom():
                modules = {module.partition(".")[0] for _, module in _imported(statement)}
                return modules.isdisjoint(self._beside) and all(name.name != "*" for name in statement.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._has_pure_decorators(statement) and not any(map(_calls, _handed_over(statement)))
            case ast.ClassDef() | ast.If() | ast.Try():
                return self._is_inert_block(statement)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return not _calls(statement) and all(map(_is_name, _targets(statement)))
        return isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )

    def _is_inert_block(self, statement: ast.ClassDef | ast.If | ast.Try) -> bool:
        if isinstance(statement, ast.ClassDef):
            bases = {ast.unparse(base).partition(".")[0] for base in statement.bases}
            is_plain = not statement.keywords and bases <= self._imports.keys() | _BUILTINS
            return is_plain and self._has_pure_decorators(statement) and all(map(self._is_inert, statement.body))
        inner = [*statement.body, *statement.orelse]
        if isinstance(statement, ast.If):
            return not _calls(statement.test) and all(map(self._is_inert, inner))
        caught = (one for handler in statement.handlers for one in handler.body)
        return all(map(self._is_inert, [*inner, *caught, *statement.finalbody]))

    def _has_pure_decorators(self, statement: Function | ast.ClassDef) -> bool:
        """Whether all decorators are this library's, or such that only wrap."""
        foreign = (one for one in statement.decorator_list if not library_decorator(one))
        return all(self._is_pure(decorator) for decorator in foreign)

    def _is_pure(self, decorator: ast.expr) -> bool:
        if self._is_known(decorator):
            return True
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        own = self._definers.get(ast.unparse(call), ())
        made_by = own[0].function if len(own) == 1 else None
        return made_by is not None and self._wraps(made_by, calls=2 if isinstance(decorator, ast.Call) else 1)

    def _is_known(self, decorator: ast.expr) -> bool:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(call).partition(".")[0]
        return self._imports.get(name) in _PURE or (name in _BUILTINS and name not in self._definers)

    def _wraps(self, function: Function, *, calls: int) -> bool:
        """Whether a function only makes another when it is called, and that one, where it is called in turn."""
        *above, last = function.body
        inner = [one for one in above if isinstance(one, Function)]
        decorators = [*function.decorator_list, *(one for each in inner for one in each.decorator_list)]
        if not all(map(self._is_known, decorators)) or not all(map(self._is_inert, above)):
            return False
        is_plain = isinstance(last, ast.Return) and isinstance(last.value, ast.Name)
        return is_plain and (calls == 1 or all(self._wraps(one, calls=calls - 1) for one in inner))


def _imports(pieces: Iterable[Piece]) -> Iterator[tuple[str, str]]:
    """Yield the names that imports bind, each with its package."""
    for piece in pieces:
        for one in piece.statements:
            if isinstance(one, ast.Import | ast.ImportFrom):
                yield from ((name, module.partition(".")[0]) for name, module in _imported(one))


def _imported(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], alias.name
        else:
            yield alias.asname or alias.name, statement.module or ""


def _declared_global(piece: Piece) -> Iterator[str]:
    for statement in piece.statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Global):
                yield from node.names


def _words(piece: Piece) -> Iterator[str]:
    """Yield the words of the texts that code holds, but for those that describe it: one may be looked up by name."""
    for statement in piece.statements:
        told = {id(one.value) for one in ast.walk(statement) if isinstance(one, ast.Expr)}
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                yield from re.findall(r"@?[^\W\d]\w*", node.value)


def _copied(function: Function) -> Function:
    (copy,) = ast.parse(ast.unparse(function)).body
    assert isinstance(copy, Function)  # noqa: S101 - what was a function is one
    return copy


def _annotated(function: Function) -> frozenset[str]:
    """Return the names in a function's annotations."""
    arguments = [one for one in ast.walk(function.args) if isinstance(one, ast.arg)]
    found = [one for one in (function.returns, *(each.annotation for each in arguments)) if one is not None]
    return names_of([ast.Expr(one) for one in found]).uses


def _at_definition(function: Function) -> list[ast.expr]:
    return [*_defaults(function), *(one for one in function.decorator_list if not library_decorator(one))]


def _defaults(function: Function) -> list[ast.expr]:
    return [*function.args.defaults, *filter(None, function.args.kw_defaults)]


def _handed_over(function: Function) -> list[ast.expr]:
    """Return a function's defaults, and what its decorators are called with."""
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call) and not library_decorator(one)]
    given = [part for one in calls for part in (*one.args, *(keyword.value for keyword in one.keywords))]
    return [*_defaults(function), *given]


def _computes(function: Function) -> bool:
    """Whether what stands above a function's body has a value that depends on more than names."""
    kinds = ast.Call | ast.Subscript | ast.Attribute
    return any(isinstance(node, kinds) for part in _at_definition(function) for node in ast.walk(part))


def _calls(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Call | ast.Await | ast.Yield) for one in ast.walk(node))


def _targets(statement: _ASSIGNMENTS) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


def _is_name(target: ast.expr) -> bool:
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    return all(isinstance(part, ast.Name) for part in parts)

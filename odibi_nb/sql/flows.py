"""Where the value of an SQL expression comes from: every column in it, its CASEs, windows and filters included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlglot import exp

from odibi_nb.sql.functions import VOLATILE_WORDS
from odibi_nb.sql.relations import Flow, Relation
from odibi_nb.sql.scopes import Scope

__all__ = ["Flows", "function_name", "path_of"]

Shadows = frozenset[str]
"""Folded names that a lambda or a list comprehension has given a meaning of its own."""

# Without parentheses these are functions, unless a table has a column of that name.
_BARE_FUNCTIONS = VOLATILE_WORDS | frozenset(
    {"current_catalog", "current_database", "current_role", "current_schema", "current_user", "session_user", "user"}
)
_NO_VALUES = (exp.DataType, exp.Exists, exp.Literal, exp.Placeholder, exp.Var)


class Flows:
    """Reads expressions.

    query: reads a subquery. macros: whether the value of each is made of all its arguments and nothing else, by
    folded name. arrows: `->` stands in the text, which DuckDB reads as JSON access or as a lambda.
    """

    def __init__(
        self, query: Callable[[exp.Expr, Scope], Relation], macros: Mapping[str, bool], *, arrows: bool
    ) -> None:
        self._query, self._macros, self._arrows = query, macros, arrows
        self._readers: dict[type, Callable[[exp.Expr, Scope, Shadows], Iterator[Flow]]] = {
            exp.Column: self._column,
            exp.Dot: self._dot,
            exp.Identifier: self._identifier,
            exp.Lambda: self._lambda,
            exp.Comprehension: self._comprehension,
            exp.Window: self._window,
            exp.Anonymous: self._call,
            exp.ToMap: self._map,
            **dict.fromkeys((exp.PropertyEQ, exp.Kwarg), self._named_argument),
            **dict.fromkeys((exp.Cast, exp.TryCast, exp.Collate, exp.Interval, exp.Alias), self._operand),
            **dict.fromkeys((exp.Star, exp.PositionalColumn), self._untraced),
            **dict.fromkeys(_NO_VALUES, _nothing),
        }

    def flow(self, node: exp.Expr, scope: Scope) -> Flow:
        """Return where the value of an expression comes from."""
        found = list(self._read(node, scope, frozenset()))
        return found[0] if isinstance(node, exp.Column) and len(found) == 1 else Flow.merged(found)

    def _read(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        if isinstance(node, exp.Query):
            yield from self._subquery(node, scope, shadows)
        else:
            yield from self._readers.get(type(node), self._children)(node, scope, shadows)

    def _children(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        for child in node.iter_expressions():
            yield from self._read(child, scope, shadows)

    def _operand(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        if isinstance(node.this, exp.Expr):
            yield from self._read(node.this, scope, shadows)

    def _named_argument(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        yield from self._read(node.expression, scope, shadows)

    def _map(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        """Read MAP {key: value}: unlike the name of a struct's field, the key is an expression."""
        for pair in node.this.expressions:
            path = path_of(pair.this)
            if path is None:
                yield from self._read(pair.this, scope, shadows)
            elif path[0].casefold() not in shadows:
                yield self._named(path, scope)
            yield from self._read(pair.expression, scope, shadows)

    def _column(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        path = path_of(node)
        if path is None:  # t.*
            yield from self._untraced(node, scope, shadows)
        elif path[0].casefold() not in shadows:
            yield self._named(path, scope)

    def _named(self, path: list[str], scope: Scope) -> Flow:
        found = scope.find(path)
        if len(path) == 1 and path[0].casefold() in _BARE_FUNCTIONS and (found is None or not found.known):
            doubt = f"'{path[0]}' may be a column or DuckDB's own"
            return Flow() if found is None else Flow(unknown=(doubt,))
        return found.flow if found is not None else Flow(unknown=(f"there is no column '{'.'.join(path)}'",))

    def _identifier(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        """Read a parameter of a lambda, or a column: within chained calls the parser makes no difference."""
        if node.name.casefold() not in shadows:
            yield self._named([node.name], scope)

    def _dot(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        """Read a field (`s.x`, `(s).x`) or a chained call (`a.upper()`)."""
        path = path_of(node)
        if path is None and not isinstance(node.expression, exp.Identifier):
            yield from self._read(node.expression, scope, shadows)
        start = path or path_of(node.this)
        if start is None:
            yield from self._read(node.this, scope, shadows)
        elif start[0].casefold() not in shadows:
            yield self._named(start, scope)

    def _lambda(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        names = [parameter.name for parameter in node.expressions]
        if self._arrows and any(scope.find([name]) is not None for name in names):
            yield Flow(unknown=(f"'{names[0]} ->' may be access to JSON or a lambda",))
            return
        yield from self._read(node.this, scope, shadows | {name.casefold() for name in names})

    def _comprehension(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        yield from self._read(node.args["iterator"], scope, shadows)
        names = [node.expression, node.args.get("position")]
        inside = shadows | {name.name.casefold() for name in names if name is not None}
        for part in (node.this, node.args.get("condition")):
            if part is not None:
                yield from self._read(part, scope, inside)

    def _window(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        for child in node.iter_expressions():
            if child is not node.args.get("alias"):
                yield from self._read(child, scope, shadows)
        if (name := node.alias) and (definition := scope.window(name)) is not None:
            for child in definition.iter_expressions():
                if child is not definition.this:
                    yield from self._read(child, scope, shadows)
        elif name:
            yield Flow(unknown=(f"window '{name}' isn't defined here",))

    def _call(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        name = function_name(node)
        if not self._macros.get(name, True):
            yield Flow(unknown=(f"macro '{name}' is not traced",))
        for argument in node.expressions:
            if not (name == "count" and isinstance(argument, exp.Star)):
                yield from self._read(argument, scope, shadows)

    def _subquery(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        if shadows:
            yield Flow(unknown=("a subquery within a lambda is not traced",))
            return
        relation = self._query(node, scope)
        yield from (one.flow for one in relation.outputs)
        yield from (Flow(unknown=(rest.reason,)) for rest in relation.rests)

    def _untraced(self, node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
        yield Flow(unknown=(f"'{node.sql('duckdb')}' within an expression is not traced",))


def _nothing(node: exp.Expr, scope: Scope, shadows: Shadows) -> Iterator[Flow]:
    yield from ()


def function_name(node: exp.Expr) -> str:
    """Return the folded name of a call that the parser has left as it is."""
    return node.name.casefold()


def path_of(node: exp.Expr) -> list[str] | None:
    """Return a dotted name's parts; None for what isn't one."""
    if isinstance(node, exp.Identifier):
        return [node.name]
    if isinstance(node, exp.Column):
        return None if isinstance(node.this, exp.Star) else [part.name for part in node.parts]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        before = path_of(node.this)
        return None if before is None else [*before, node.expression.name]
    return None

"""Queries as relations: SELECT, set operations, VALUES and CTEs, one inside the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from sqlglot import exp

from odibi_nb.sql.flows import Flows, function_name, path_of
from odibi_nb.sql.from_clause import FileColumns, FromClause, refuse_others, values_relation
from odibi_nb.sql.relations import Flow, Output, Relation, Rest, Untraceable
from odibi_nb.sql.scopes import Scope
from odibi_nb.sql.stars import expanded

__all__ = ["Queries"]

E = TypeVar("E", bound=exp.Expr)

_AFTER_ROWS = frozenset({"order", "limit", "offset", "sample"})
_SELECT_PARTS = _AFTER_ROWS | {
    "with_", "expressions", "distinct", "from_", "joins", "where", "group", "having", "qualify", "windows",
}  # fmt: skip
_SET_PARTS = _AFTER_ROWS | {"with_", "this", "expression", "distinct", "by_name"}
_SUBQUERY_PARTS = _AFTER_ROWS | {"with_", "this", "alias", "pivots", "joins"}
_STAR_PARTS = frozenset({"except_", "replace", "rename"})
_MOST_ROUNDS = 100


class Queries:
    """Reads the queries of one text.

    tables: by name. files: the paths of its file literals. macros, arrows: as `Flows` takes them.
    """

    def __init__(
        self,
        tables: Mapping[str, Relation],
        files: Iterable[str],
        file_columns: FileColumns,
        macros: Mapping[str, bool],
        *,
        arrows: bool,
    ) -> None:
        self._flow = Flows(self.relation, macros, arrows=arrows).flow
        folded = {name.casefold(): relation for name, relation in tables.items()}
        self._from = FromClause(self.relation, self._flow, folded, files, file_columns)

    def relation(self, node: exp.Expr, around: Scope) -> Relation:
        """Return what a query gives; columns nobody knows where it can't be followed."""
        try:
            return self._read(node, around)
        except Untraceable as exc:
            return Relation((Rest(str(exc)),))

    def parts(self, node: exp.Expr) -> dict[str, Relation]:
        """Return what a query's CTEs, and the subqueries that have a name, give, by folded name."""
        try:
            scope = self._with(node, Scope())
        except Untraceable:
            scope = Scope()
        named = {one.alias.casefold(): self.relation(one, scope) for one in node.find_all(exp.Subquery) if one.alias}
        return {**scope.ctes, **named}

    def _read(self, node: exp.Expr, around: Scope) -> Relation:
        if isinstance(node, exp.Select):
            return self._select(node, around)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, around)
        if isinstance(node, exp.Values):
            return values_relation(node, self._flow, around)
        if isinstance(node, exp.Subquery):
            refuse_others(node, _SUBQUERY_PARTS, "a subquery")
            return self._read(node.this, self._with(node, around))
        raise Untraceable(f"{node.key.upper()} is not traced")

    def _with(self, node: exp.Expr, around: Scope) -> Scope:
        """Return the scope of a query's body: its CTEs are declared in it."""
        scope = Scope(around)
        declared = node.args.get("with_") or exp.With()
        for cte in declared.expressions:
            names = [name.name for name in cte.args["alias"].args.get("columns") or ()]
            if declared.args.get("recursive") and isinstance(cte.this, exp.SetOperation):
                self._recursive(cte, names, scope)
            else:
                scope.ctes[cte.alias.casefold()] = self.relation(cte.this, scope).as_table().with_names(names)
        return scope

    def _recursive(self, cte: exp.Expr, names: list[str], scope: Scope) -> None:
        """Declare a CTE that may read itself: what it gives at first, then again until nothing is added."""
        found = self.relation(cte.this.this, scope)
        for _ in range(_MOST_ROUNDS):
            scope.ctes[cte.alias.casefold()] = found.as_table().with_names(names)
            before, found = found, self.relation(cte.this, scope)
            if found == before:
                return
        raise Untraceable(f"'{cte.alias}' reads itself in too many ways")

    def _select(self, node: exp.Select, around: Scope) -> Relation:
        refuse_others(node, _SELECT_PARTS, "SELECT")
        scope = self._with(node, around)
        if (source := node.args.get("from_")) is not None:
            self._from.read(source.this, node.args.get("joins") or (), scope)
        scope.windows = {window.this.name.casefold(): window for window in node.args.get("windows") or ()}
        return Relation(tuple(part for item in node.expressions for part in self._item(item, scope)))

    def _item(self, node: exp.Expr, scope: Scope) -> Iterator[Output | Rest]:
        """Yield what one item of a select list gives."""
        star = node.this if isinstance(node, exp.Column) else node
        if isinstance(star, exp.Star):
            refuse_others(star, _STAR_PARTS, "*")
            replaced = {one.alias: self._flow(one.this, scope) for one in star.args.get("replace") or ()}
            yield from expanded(star, node.table if isinstance(node, exp.Column) else "", scope, replaced)
        elif (reason := self._why_several(node, scope)) is not None:
            yield Rest(reason)
        else:
            yield self._output(node, scope)

    def _output(self, node: exp.Expr, scope: Scope) -> Output:
        value = node.unalias()
        flow = self._flow(value.unnest(), scope)
        if isinstance(node, exp.Alias):
            scope.aliases.setdefault(node.alias.casefold(), flow)
            return Output(node.alias, flow)
        if path := path_of(value.unnest()):
            found = scope.find(path)
            is_spelled_there = found is not None and found.name.casefold() == path[-1].casefold()
            return Output(found.name if found is not None and is_spelled_there else path[-1], flow)
        return Output(value.sql("duckdb", normalize_functions=False), flow, named=False)

    def _why_several(self, node: exp.Expr, scope: Scope) -> str | None:
        """Return why an item may give several columns; None when it gives one."""
        for call in _own(node, exp.Anonymous):
            if function_name(call) == "columns":
                return "COLUMNS(…) stands for several columns"
            if function_name(call) == "unnest" and not self._is_list(call, scope):
                return "unnest() makes columns of a struct's fields"
        in_calls = (isinstance(star.parent, exp.Anonymous) for star in _own(node, exp.Star))
        return None if all(in_calls) else "a pattern of `*` stands for several columns"

    def _is_list(self, call: exp.Expr, scope: Scope) -> bool:
        if len(call.expressions) != 1:  # recursive := true
            return False
        argument = call.expressions[0]
        return isinstance(argument, exp.Array) or self._flow(argument, scope).type.endswith("]")

    def _set_operation(self, node: exp.SetOperation, around: Scope) -> Relation:
        refuse_others(node, _SET_PARTS, node.key.upper())
        scope = self._with(node, around)
        left, right = self.relation(node.this, scope), self.relation(node.expression, scope)
        if isinstance(node, exp.Except):  # what stands right only takes rows away
            return left
        if why_open := left.why_open or right.why_open:
            raise Untraceable(f"{node.key.upper()} needs all columns of both sides: {why_open}")
        return _by_name(left, right) if node.args.get("by_name") else _by_place(left, right)


def _by_place(left: Relation, right: Relation) -> Relation:
    if len(left.parts) != len(right.parts):
        raise Untraceable(f"{len(left.parts)} columns are united with {len(right.parts)}")
    pairs = zip(left.outputs, right.outputs, strict=True)
    return Relation(tuple(Output(one.name, Flow.merged([one.flow, other.flow]), one.named) for one, other in pairs))


def _by_name(left: Relation, right: Relation) -> Relation:
    if not all(one.named for one in (*left.outputs, *right.outputs)):
        raise Untraceable("UNION BY NAME needs a name for each column: add AS")
    flows: dict[str, list[Output]] = {}
    for one in (*left.outputs, *right.outputs):
        flows.setdefault(one.name.casefold(), []).append(one)
    return Relation(tuple(Output(same[0].name, Flow.merged([one.flow for one in same])) for same in flows.values()))


def _own(node: exp.Expr, kind: type[E]) -> Iterator[E]:
    """Yield the parts of an expression that are of this kind and in no subquery of it."""
    query = node.find_ancestor(exp.Query)
    return (part for part in node.find_all(kind) if part.find_ancestor(exp.Query) is query)

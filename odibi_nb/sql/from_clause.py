"""What stands in FROM: tables, files, subqueries, calls and joins, as sources of a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import PurePosixPath

from sqlglot import exp

from odibi_nb.sql.flows import function_name
from odibi_nb.sql.quote import quote_text
from odibi_nb.sql.relations import Flow, Output, Owner, Relation, Rest, Untraceable, leaf
from odibi_nb.sql.scopes import Scope

__all__ = ["FileColumns", "FromClause", "refuse_others", "values_relation"]

FileColumns = Callable[[str], "Sequence[tuple[str, str]] | None"]
"""From a table expression in SQL that reads files → their columns and types; None when they can't be known."""

_FILE_CALLS = frozenset(
    {"read_csv", "read_csv_auto", "read_parquet", "parquet_scan", "read_json", "read_json_auto", "read_ndjson",
     "read_ndjson_auto"}
)  # fmt: skip
_SERIES_CALLS = frozenset({"generate_series", "range"})
_TABLE_PARTS = frozenset({"this", "db", "catalog", "alias", "joins", "pivots", "sample"})
_JOIN_PARTS = frozenset({"this", "on", "using", "side", "kind", "method"})


class FromClause:
    """Reads what stands in FROM.

    query: reads a subquery. flow: reads an expression. tables: by folded name. files: the paths of file literals.
    """

    def __init__(
        self,
        query: Callable[[exp.Expr, Scope], Relation],
        flow: Callable[[exp.Expr, Scope], Flow],
        tables: Mapping[str, Relation],
        files: Iterable[str],
        file_columns: FileColumns,
    ) -> None:
        self._query, self._flow, self._tables = query, flow, tables
        self._files, self._file_columns = frozenset(files), file_columns

    def read(self, node: exp.Expr, joins: Iterable[exp.Expr], scope: Scope) -> None:
        """Add to `scope` what FROM names, with its joins."""
        start = len(scope)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            self._add_joined(node, scope)
        else:
            alias, relation = self._source(node, scope)
            for pivot in node.args.get("pivots") or ():
                alias, relation = pivot.alias or alias, Relation((Rest("PIVOT is not traced"),))
            scope.add(alias, relation.with_names(_column_aliases(node)))
        for join in (*(node.args.get("joins") or ()), *joins):
            start = self._join(join, scope, start)

    def _join(self, join: exp.Expr, scope: Scope, start: int) -> int:
        """Add what is joined; return where the left side of the next join begins."""
        refuse_others(join, _JOIN_PARTS, "JOIN")
        if join.args.get("kind") in ("SEMI", "ANTI"):  # what stands right only filters
            return start
        middle = len(scope)
        self.read(join.this, (), scope)
        left, right = range(start, middle), range(middle, len(scope))
        names = [name.name for name in join.args.get("using") or ()]
        if join.args.get("method") == "NATURAL":
            names = scope.common_names(left, right)
        scope.join_using(names, left, right, side=join.args.get("side") or "")
        is_comma = not any(join.args.get(part) for part in _JOIN_PARTS - {"this"})
        return middle if is_comma else start

    def _add_joined(self, node: exp.Expr, scope: Scope) -> None:
        """Add a join in parentheses: with an alias it is one table, without one its tables stay as they are."""
        inner = Scope(scope) if node.alias else scope
        self.read(node.this, (), inner)
        if node.alias:
            joined = Relation(tuple(part for _, part in inner.star())).as_table()
            scope.add(node.alias, joined.with_names(_column_aliases(node)))

    def _source(self, node: exp.Expr, scope: Scope) -> tuple[str, Relation]:
        """Return a table's alias and what it gives."""
        if isinstance(node, exp.Lateral):
            name, relation = self._source(node.this, scope)
            return node.alias or name, relation
        if isinstance(node, exp.Unnest):
            return node.alias or "unnest", self._unnest(node, scope)
        if isinstance(node, exp.Values):
            return node.alias, values_relation(node, self._flow, scope)
        if isinstance(node, exp.Table):
            return self._table(node, scope)
        if isinstance(node, exp.Anonymous):
            return self._call(node, node.alias, scope)
        return node.alias, self._query(node, scope).as_table()

    def _table(self, node: exp.Table, scope: Scope) -> tuple[str, Relation]:
        refuse_others(node, _TABLE_PARTS, "FROM")
        if not isinstance(node.this, exp.Identifier):
            return self._call(node.this, node.alias, scope)
        name = ".".join(part.name for part in node.parts)
        cte = scope.cte(name) if not node.args.get("db") else None
        relation = cte or self._tables.get(name.casefold())
        if relation is not None:
            return node.alias or name, relation
        if name not in self._files:
            raise Untraceable(f"table '{name}' is not known")
        return node.alias or PurePosixPath(name).stem, self._file_leaf([name], quote_text(name))

    def _call(self, node: exp.Expr, alias: str, scope: Scope) -> tuple[str, Relation]:
        """Read a call in FROM."""
        name = function_name(node)
        if name in _FILE_CALLS and (paths := _paths(node)):
            return alias or name, self._file_leaf(paths, node.sql("duckdb"))
        if name in _SERIES_CALLS:
            flow = Flow.merged([self._flow(argument, scope) for argument in node.expressions])
            return alias or name, Relation((Output(alias or name, flow),))
        return alias or name, Relation((Rest(f"{name}() in FROM is not traced"),))

    def _file_leaf(self, paths: Sequence[str], table: str) -> Relation:
        listed = ", ".join(paths)
        owners = [Owner("file", path) for path in paths]
        return leaf(owners, self._file_columns(table), reason=f"the columns of '{listed}' aren't known")

    def _unnest(self, node: exp.Expr, scope: Scope) -> Relation:
        if node.args.get("offset"):
            raise Untraceable("UNNEST … WITH ORDINALITY is not traced")
        flows = [self._flow(list_, scope) for list_ in node.expressions]
        name = node.alias or "unnest"
        return Relation(tuple(Output(name, Flow.merged([flow])) for flow in flows))


def values_relation(node: exp.Expr, flow: Callable[[exp.Expr, Scope], Flow], scope: Scope) -> Relation:
    """Return the rows of VALUES: columns col0, col1, …"""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    columns = zip_longest(*rows)
    flows = (Flow.merged([flow(cell, scope) for cell in cells if cell is not None]) for cells in columns)
    return Relation(tuple(Output(f"col{number}", each) for number, each in enumerate(flows)))


def refuse_others(node: exp.Expr, known: frozenset[str], clause: str) -> None:
    """Raise Untraceable for a part of a clause that nobody here reads: it could change what the columns are."""
    for part, value in node.args.items():
        if value and part not in known:
            raise Untraceable(f"{part.strip('_').upper()} in {clause} is not traced")


def _column_aliases(node: exp.Expr) -> list[str]:
    alias = node.args.get("alias")
    return [name.name for name in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []


def _paths(call: exp.Expr) -> list[str]:
    """Return the paths that a reader of files is given as literals; none when they are computed."""
    first = call.expressions[0] if call.expressions else None
    literals = first.expressions if isinstance(first, exp.Array) else [first]
    paths = [one.name for one in literals if isinstance(one, exp.Literal) and one.is_string]
    return paths if len(paths) == len(literals) else []

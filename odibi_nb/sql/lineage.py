"""Column lineage of a query: which columns of its tables and files each of its columns comes from.

Exact, or it says what it doesn't know and why. sqlglot gives the syntax tree alone; its own lineage resolves
names by rules that aren't DuckDB's (PIVOT, USING, COLUMNS, named windows come out wrong without a word).
What only chooses or orders rows (WHERE, JOIN … ON, GROUP BY, ORDER BY) is no source of a value.

sqlglot is imported with this module, which is imported when somebody asks for a lineage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from odibi_nb.sql.facts import SqlFacts
from odibi_nb.sql.from_clause import FileColumns
from odibi_nb.sql.relations import Relation, Rest
from odibi_nb.sql.scopes import Scope
from odibi_nb.sql.selects import Queries
from odibi_nb.sql.tokens import name_of, tokenize

__all__ = ["trace", "trace_parts"]

_SPECIAL_CALLS = ("CAST", "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST")
_BEFORE_NAME = frozenset({"MACRO", "FUNCTION", "IF", "NOT", "EXISTS"})


class _Parser(DuckDB.Parser):  # type: ignore[misc, valid-type]
    """DuckDB's grammar, calls left as they are written.

    sqlglot makes nodes of its own of the functions it knows, and some lose a column on the way:
    the unit in `date_trunc(unit, d)` becomes a word.
    """

    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {name: DuckDB.Parser.FUNCTION_PARSERS[name] for name in _SPECIAL_CALLS}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}


def trace(facts: SqlFacts, tables: Mapping[str, Relation], file_columns: FileColumns) -> Relation:
    """Return what a query gives, and where from.

    tables: what each of its tables gives, by name; they may have been traced themselves. file_columns: asked
    for the columns of the files that the query names in literals.
    """
    try:
        return _reader(facts, tables, file_columns).relation(_parsed(facts.statement), Scope())
    except SqlglotError as exc:
        return Relation((Rest(f"sqlglot can't read it: {_first_line(exc)}"),))
    except RecursionError:
        return Relation((Rest("the query is nested too deeply"),))


def trace_parts(facts: SqlFacts, tables: Mapping[str, Relation]) -> dict[str, Relation]:
    """Return what the CTEs and named subqueries of a query give, by folded name; {} where it can't be read.

    tables: as `trace` takes them.
    """
    try:
        return _reader(facts, tables, lambda _: None).parts(_parsed(facts.statement))
    except (SqlglotError, RecursionError):
        return {}


def _reader(facts: SqlFacts, tables: Mapping[str, Relation], file_columns: FileColumns) -> Queries:
    macros = dict(map(_macro, facts.macros))
    files = [file.path for file in facts.files]
    return Queries(tables, files, file_columns, macros, arrows="->" in facts.statement)


def _parsed(text: str) -> exp.Expr:
    dialect = DuckDB()
    tree: exp.Expr = _Parser(dialect=dialect).parse(dialect.tokenize(text), text)[0]
    return tree


def _macro(text: str) -> tuple[str, bool]:
    """Return a macro's folded name, and whether its value is made of all its arguments and of nothing else."""
    tokens = tokenize(text)
    start = next(at for at, token in enumerate(tokens) if token.key in {"MACRO", "FUNCTION"})
    name = next(name_of(token).casefold() for token in tokens[start:] if token.key not in _BEFORE_NAME)
    try:
        return name, _is_of_its_arguments(_parsed(text))
    except SqlglotError:
        return name, False


def _is_of_its_arguments(macro: exp.Expr) -> bool:
    value, head = macro.expression, macro.this
    if not isinstance(macro, exp.Create) or not isinstance(value, exp.Condition) or value.find(exp.Query, exp.Star):
        return False
    parameters = {parameter.name.casefold() for parameter in head.expressions}
    return parameters == {
        ".".join(part.name for part in column.parts).casefold() for column in value.find_all(exp.Column)
    }


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]

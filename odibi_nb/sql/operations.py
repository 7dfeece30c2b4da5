"""`operation` steps: the usual frame operations as SQL over the current frame `df`, the same in every engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odibi_nb.exceptions import ParameterError, UnknownFunctionError, did_you_mean
from odibi_nb.sql import builders
from odibi_nb.sql.arguments import Operation, checked
from odibi_nb.sql.builders import Columns, duckdb_type
from odibi_nb.sql.tokens import tokenize

__all__ = [
    "BLOCKING",
    "OPERATIONS",
    "ROW_OPERATIONS",
    "Operation",
    "check_operation",
    "operation_parameters",
    "operation_sql",
    "sql_parameters",
]

_ROWS = (
    Operation("sort", builders.sort, {"columns": "by"}),
    Operation("sample", builders.sample, {"seed": "random_state"}, exclusive=("n", "frac")),
    Operation("filter", builders.filter_, {"expr": "condition", "query": "condition"}),
    Operation("drop_duplicates", builders.drop_duplicates, {"columns": "subset"}),
)
_COLUMNS = (
    Operation("select", builders.select),
    Operation("drop", builders.drop),
    Operation("rename", builders.rename),
    Operation("cast", builders.cast, {"dtype": "columns", "dtypes": "columns"}),
    Operation("fillna", builders.fillna, {"values": "value"}),
    Operation("pivot", builders.pivot),
)
OPERATIONS = {operation.name: operation for operation in (*_ROWS, *_COLUMNS)}
BLOCKING = frozenset({"sort", "sample", "drop_duplicates", "pivot"})
"""Those whose first row needs all of the frame."""
ROW_OPERATIONS = frozenset(operation.name for operation in _ROWS)
"""Those that leave columns as they are."""


def check_operation(name: str, params: Mapping[str, Any]) -> None:
    """Raise UnknownFunctionError or ParameterError if the operation fits no frame at all."""
    operation = _operation(name)
    arguments = checked(operation, params)
    if name == "filter":
        _parse(operation, arguments["condition"], "SELECT 1 WHERE (\n{}\n)")
    elif name == "cast":
        types = arguments["columns"]
        for type_ in types.values() if isinstance(types, Mapping) else [types]:
            _parse(operation, type_, "SELECT CAST(NULL AS {})", duckdb_type(type_))


def operation_parameters(name: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the `$name`s in an operation's SQL, once each; only a filter has SQL of the user's."""
    condition = checked(_operation(name), params).get("condition")
    return sql_parameters(condition) if isinstance(condition, str) else ()


def sql_parameters(sql: str) -> tuple[str, ...]:
    """Return the names of the `$name`s in a piece of SQL, once each."""
    tokens = tokenize(sql) if "$" in sql else []
    named = (token.text[1:] for token in tokens if token.kind == "parameter" and len(token.text) > 1)
    return tuple(dict.fromkeys(named))


def operation_sql(name: str, params: Mapping[str, Any], columns: Columns) -> str:
    """Return the query that applies an operation to `df`, a frame of these columns.

    columns: (name, DuckDB type) in order.
    Raises what `check_operation` does, and TransformError for a column that isn't there.
    """
    check_operation(name, params)
    operation = _operation(name)
    return operation.build(columns, **checked(operation, params))


def _operation(name: str) -> Operation:
    if name in OPERATIONS:
        return OPERATIONS[name]
    hint = did_you_mean(name, OPERATIONS) or f"there are {', '.join(sorted(OPERATIONS))}"
    raise UnknownFunctionError(f"operation '{name}' is not known", hint=hint)


def _parse(operation: Operation, shown: str, template: str, written: str | None = None) -> None:
    """Raise ParameterError unless DuckDB reads the template, filled in, as one statement and the text as one part."""
    import duckdb

    message = f"operation {operation.signature}: '{shown}' can't be read"
    text = written or shown
    try:
        statements = duckdb.extract_statements(template.format(text))
    except duckdb.Error as exc:
        raise ParameterError(message, hint=str(exc).split("\n", 1)[0]) from exc
    if len(statements) != 1 or not _is_closed(text):
        raise ParameterError(message, hint="write one expression")


def _is_closed(text: str) -> bool:
    """Tell whether no parenthesis closes that wasn't opened in `text`, which would end the template's own."""
    depth = 0
    for token in tokenize(text):
        depth += (token.key == "(") - (token.key == ")")
        if depth < 0:
            return False
    return True

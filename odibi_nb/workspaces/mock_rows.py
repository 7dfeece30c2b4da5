"""Mock rows, as people write them, as a table with the types of the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from odibi_nb.engine.schema import Schema, check_names
from odibi_nb.engine.type_names import arrow_type
from odibi_nb.engine.types import duckdb_type
from odibi_nb.exceptions import ValidationError, did_you_mean, plural, shortened
from odibi_nb.workspaces.mock_csv import read_csv
from odibi_nb.workspaces.mock_values import Misfit, fitted, inferred_type
from odibi_nb.workspaces.mocks import Locate, nowhere

__all__ = ["check_columns", "mock_table"]


def mock_table(
    mock: Any,
    name: str,
    *,
    schema: Schema | None = None,
    declared: Mapping[str, str] | None = None,
    locate: Locate = nowhere,
    called: str = "",
) -> pa.Table:
    """Return the rows of input `name` as a canonical table.

    mock: rows ([{"a": 1}, …]), columns ({"a": [1, …]}), or CSV text with a header.
    schema: the input's columns, where they are known: values are cast to its types, and the columns that are given
    come in its order; those that aren't are left out. Without it the values tell the types.
    declared: types of columns, over the schema's. called: what errors call the rows.
    Raises ValidationError naming input, row and column, at its place, for a value that doesn't fit, a column that
    the schema hasn't, a row that lacks one of the others', and where no column is known at all.
    """
    called = called or f"the mock of '{name}'"
    written = _written(mock, called, locate)
    if not written.columns and schema:
        written = _Written(called, {column.name: () for column in schema}, locate)
    if not written.columns:
        hint = "give a row, or run the node once: its columns are known then"
        raise ValidationError(f"{called} has no columns", hint=hint, **locate(()))
    types = {column.name: column.type for column in schema or ()}
    check_columns(written.columns, name, schema, locate=written.place, called=called)
    for column in declared or ():
        if column not in written.columns:
            hint = did_you_mean(column, written.columns) or f"its columns: {', '.join(written.columns)}"
            raise ValidationError(f"{called} has no column '{column}', which types names", hint=hint, **locate(()))
    order = [column for column in types if column in written.columns] or list(written.columns)
    types |= declared or {}
    return pa.table({column: _array(written, column, types.get(column)) for column in order})


def check_columns(
    columns: Iterable[str],
    name: str,
    schema: Schema | None,
    *,
    locate: Callable[[str], dict[str, Any]] | None = None,
    called: str,
) -> None:
    """Raise ValidationError for a column that input `name` hasn't, as far as its schema is known."""
    known = [column.name for column in schema or ()]
    for column in columns if known else ():
        if column not in known:
            hint = did_you_mean(column, known) or f"its columns: {', '.join(known)}"
            where = locate(column) if locate is not None else {}
            raise ValidationError(f"{called} has a column '{column}' that '{name}' has not", hint=hint, **where)


@dataclass(frozen=True, slots=True)
class _Written:
    """A mock's values by column.

    called: what errors call them. rows: what a path calls each row (CSV: its line). header: the line of the column
    names. by_column: a path names the column before the row. all_texts: numbers are texts too.
    """

    called: str
    columns: Mapping[str, Sequence[Any]]
    locate: Locate
    rows: Sequence[int] | None = None
    header: int | None = None
    by_column: bool = False
    all_texts: bool = False

    def place(self, column: str, row: int | None = None) -> dict[str, Any]:
        """Return the place of a value; of a column, that of its name, or else of its first value."""
        if row is None and self.header is not None:
            return self.locate((self.header,))
        number = self.rows[row or 0] if self.rows else row or 0
        if self.by_column:
            return self.locate((column,) if row is None else (column, number))
        return self.locate((number, column))


def _written(mock: Any, called: str, locate: Locate) -> _Written:
    if isinstance(mock, str):
        return _of_csv(mock, called, locate)
    if isinstance(mock, Mapping):
        return _of_columns(mock, called, locate)
    return _of_rows(mock, called, locate)


def _of_rows(rows: Sequence[Mapping[str, Any]], called: str, locate: Locate) -> _Written:
    columns = dict.fromkeys(column for row in rows for column in row)
    _check_names(list(columns), called, locate)
    for number, row in enumerate(rows):
        for column in columns:
            if column not in row:
                raise ValidationError(
                    f"row {number + 1} of {called} has no '{column}', which another row has",
                    hint=f"write {column}: null where there is no value",
                    **locate((number,)),
                )
    return _Written(called, {column: [row[column] for row in rows] for column in columns}, locate)


def _of_columns(columns: Mapping[str, Any], called: str, locate: Locate) -> _Written:
    _check_names(list(columns), called, locate)
    length = -1
    for column, values in columns.items():
        if not isinstance(values, list | tuple):
            hint = "write a list of rows: [{column: value}, …]"
            raise ValidationError(f"{called} is no rows", hint=hint, **locate((column,)))
        if length not in (-1, len(values)):
            message = f"column '{column}' of {called} has {_counted(values)}, another one {length}"
            raise ValidationError(message, hint="give each column a value for every row", **locate((column,)))
        length = len(values)
    return _Written(called, columns, locate, by_column=True)


def _of_csv(text: str, called: str, locate: Locate) -> _Written:
    try:
        lines = read_csv(text)
    except ValidationError as exc:
        raise _about(called, exc, locate(((exc.where.line or 1) - 1,))) from exc
    names = [value or "" for value in lines[0].values] if lines else []
    header = lines[0].line if lines else 0
    _check_names(names, called, locate, (header,))
    rows = lines[1:]
    for row in rows:
        if len(row.values) != len(names):
            message = f"a row of {called} has {_counted(row.values)}, its header {len(names)}"
            raise ValidationError(message, hint="put a value with a comma into double quotes", **locate((row.line,)))
    columns = {column: [row.values[at] for row in rows] for at, column in enumerate(names)}
    return _Written(called, columns, locate, rows=[row.line for row in rows], header=header, all_texts=True)


def _counted(values: Sequence[Any]) -> str:
    return plural(len(values), "value")


def _check_names(names: list[Any], called: str, locate: Locate, path: tuple[Any, ...] = ()) -> None:
    try:
        if names:
            check_names(names)
    except ValidationError as exc:
        raise _about(called, exc, locate(path)) from exc


def _about(called: str, error: ValidationError, where: dict[str, Any]) -> ValidationError:
    return ValidationError(f"{called}: {error.message}", hint=error.hint, **where)


def _array(written: _Written, column: str, known: str | None) -> pa.Array:
    values = written.columns[column]
    try:
        arrow = inferred_type(values, all_texts=written.all_texts) if known is None else arrow_type(known)
    except ValueError as exc:
        message = exc.message if isinstance(exc, ValidationError) else str(exc)
        raise ValidationError(
            f"column '{column}' of {written.called} {message}",
            hint="give all its values one type",
            **written.place(column),
        ) from exc
    return pa.array([_fitted(written, column, row, arrow) for row in range(len(values))], arrow)


def _fitted(written: _Written, column: str, row: int, arrow: pa.DataType) -> Any:
    value = written.columns[column][row]
    try:
        return fitted(value, arrow)
    except Misfit as exc:
        raise ValidationError(
            f"row {row + 1} of {written.called}: {shortened(repr(value))} is no {duckdb_type(arrow)},"
            f" the type of '{column}'",
            hint=str(exc) or None,
            **written.place(column, row),
        ) from exc

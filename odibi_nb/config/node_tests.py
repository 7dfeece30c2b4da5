"""A unit test of a node: the YAML of a `%%odibi_test` cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from odibi_nb.config.base import DialectModel, problem, problem_at
from odibi_nb.exceptions import did_you_mean

__all__ = ["MOCK", "ExpectConfig", "ExpectedErrorConfig", "NodeTestConfig", "checked_rows", "uneven_row"]

MOCK: Literal["mock"] = "mock"

_ROWS = "a list of rows: [{column: value}, …]"
_GIVEN = "given: {sales: [{amount: 5}]}"
_TYPES = 'types: {sales: {amount: "DECIMAL(9,2)"}}'
_OF_ROWS = ("ordered", "exact", "tolerance")


def _check_rows(rows: Sequence[Any], path: tuple[str | int, ...] = ()) -> None:
    """Refuse here what isn't a row: pydantic would name it by its index alone."""
    for number, row in enumerate(rows):
        here = (*path, number)
        if not isinstance(row, Mapping):
            raise problem_at(here, row, f"row {number + 1} is no row", f"write {_ROWS}")
        if odd := [column for column in row if not isinstance(column, str)]:
            raise problem_at(here, row, f"a column's name is a text, not {odd[0]}", f"quote it: '{odd[0]}'")


def checked_rows(rows: Any, path: tuple[str | int, ...], *, or_mock: str = "") -> None:
    """Refuse what is neither rows nor CSV text; path: where it stands, its last key the name of the input."""
    if not isinstance(rows, list | str):
        kinds = f"a list, CSV text{or_mock}" if or_mock else "a list or CSV text"
        raise problem_at(path, rows, f"the rows of '{path[-1]}' are {kinds}", f"write {_ROWS}")
    if isinstance(rows, list):
        _check_rows(rows, path)


def _as_rows(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, list):
        raise problem("rows is a list of rows", f"write {_ROWS}")
    _check_rows(value)
    for number, row in enumerate(value):
        if (uneven := uneven_row(row, value[0])) is not None:
            message, hint = uneven
            raise problem_at((number,), row, f"row {number + 1} {message}", hint)
    return value


def uneven_row(row: Mapping[str, Any], first: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what a row has less or more than the first, with a hint; left out by mistake, it would pass for NULL."""
    missing = [column for column in first if column not in row]
    for column in row:
        if column not in first:
            hint = did_you_mean(column, missing) or f"every row has the same columns; write {column}: null"
            return f"has '{column}', which the first row has not", hint
    if missing:
        return f"leaves out '{missing[0]}', which the first row has", f"write {missing[0]}: null where it has no value"
    return None


def _as_expect(value: Any) -> Any:
    if isinstance(value, list):
        return {"rows": value}
    if not isinstance(value, Mapping | ExpectConfig):
        raise problem("expect says which rows, what count or which error", "expect: [{region: N, total: 12}]")
    return value


def _as_error(value: Any) -> Any:
    if isinstance(value, str):
        return {"message": value}
    if value is not None and not isinstance(value, Mapping | ExpectedErrorConfig):
        raise problem("error is a part of its message", "error: {type: KeyError, message: amount}")
    return value


def _as_given(value: Any) -> Any:
    if value == MOCK:
        return value
    if isinstance(value, str):
        raise problem(f"given is mock or a mapping of inputs, not '{value}'", did_you_mean(value, [MOCK]) or _GIVEN)
    if not isinstance(value, Mapping):
        raise problem("given maps each input to its rows", _GIVEN)
    for name, rows in value.items():
        checked_rows(rows, (name,), or_mock=" or mock")
    return value


def _as_fill(value: Any) -> Any:
    """`fill: null` says what to fill with; to leave the key out is another thing."""
    if value is None:
        return True
    if isinstance(value, bool):
        return value
    well_formed = isinstance(value, Mapping) and all(isinstance(columns, Mapping) for columns in value.values())
    if not well_formed:
        raise problem("fill is null, or gives inputs values for columns", "fill: {sales: {region: N}}")
    return value


def _as_types(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(columns, Mapping) for columns in value.values()):
        raise problem("types gives inputs the types of columns", _TYPES)
    for name, columns in value.items():
        for column, kind in columns.items():
            if not isinstance(column, str) or not isinstance(kind, str):
                hint = f"between braces quote a type with a comma in it: {_TYPES}"
                raise problem_at((name, column), kind, f"'{column}' is given no type", hint)
    return value


class ExpectedErrorConfig(DialectModel):
    """An error that a node should raise.

    message: a part of what it says. type: the name of its class, or of one that this is derived from.
    """

    message: str | None = None
    type: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.message and not self.type:
            raise problem("an expected error says at least a part of its message", "error: not found")
        return self


class ExpectConfig(DialectModel):
    """What a node should give: rows, a number of rows, or an error."""

    rows: Annotated[list[dict[str, Any]] | None, BeforeValidator(_as_rows)] = None
    count: int | None = Field(default=None, ge=0)
    error: Annotated[ExpectedErrorConfig | None, BeforeValidator(_as_error)] = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        said = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(said) != 1:
            found = f"not {' and '.join(said)}" if said else "and nothing is given"
            raise problem(f"expect takes one of rows, count and error, {found}", "expect: {count: 3}")
        return self


class NodeTestConfig(DialectModel):
    """A unit test.

    given: for each input its rows, CSV text or mock; or mock for all. params: over the workspace's own.
    ordered: the rows come in this order. exact: no other columns, in this order, and 12 is not 12.0.
    tolerance: how far numbers may be apart; None: see `Sameness`.
    fill: values for columns that rows leave out, by input and column; True: NULL wherever another row has one.
    types: of given columns, by input and column, in DuckDB's names.
    """

    given: Annotated[Literal["mock"] | dict[str, Any], BeforeValidator(_as_given)] = Field(default_factory=dict)
    expect: Annotated[ExpectConfig, BeforeValidator(_as_expect)]
    params: dict[str, Any] = Field(default_factory=dict)
    ordered: bool = False
    exact: bool = False
    tolerance: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    fill: Annotated[bool | dict[str, dict[str, Any]], BeforeValidator(_as_fill)] = False
    types: Annotated[dict[str, dict[str, str]], BeforeValidator(_as_types)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _compares_rows_if_told_how(self) -> Self:
        if self.expect.rows is None and (said := self.model_fields_set & set(_OF_ROWS)):
            key = min(said)
            raise problem_at((key,), getattr(self, key), f"{key} is about rows, and expect gives none")
        return self

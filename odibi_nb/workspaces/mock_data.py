"""Mock rows as results, and what is to be said of columns that they leave out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from odibi_nb.exceptions import NotAFrameError, ValidationError
from odibi_nb.runner import NodeResult
from odibi_nb.workspaces.mock_search import Given
from odibi_nb.workspaces.mocks import are_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["explain_left_out", "given_table", "left_out_of", "mock_dataset"]


def mock_dataset(given: Given, engine: Engine) -> Dataset:
    """Return given rows as a result; raises ValidationError for what doesn't fit the input."""
    from odibi_nb.workspaces.mock_rows import check_columns

    mock = given.mock
    if are_rows(mock.rows):
        return engine.publish(given_table(given), mock.input)
    if mock.types:
        raise ValidationError(f"{mock.called} is no written rows: it has its types already", hint="leave out types")
    try:
        data = engine.publish(mock.rows, mock.input)
    except NotAFrameError as exc:
        hint = "give rows: [{column: value}, …], columns, CSV or a frame"
        kind = type(mock.rows).__name__
        raise ValidationError(f"{mock.called} is a {kind}, not rows", hint=hint) from exc
    check_columns([column.name for column in data.schema], mock.input, given.schema, called=mock.called)
    return data


def given_table(given: Given) -> pa.Table:
    """Return rows that are written by hand, with their types; raises ValidationError at their place."""
    from odibi_nb.workspaces.mock_rows import mock_table

    mock = given.mock
    return mock_table(
        mock.rows, mock.input, schema=given.schema, declared=mock.types, locate=mock.locate, called=mock.called
    )


def left_out_of(given: Given, data: Dataset) -> list[tuple[str, str]]:
    """Return the columns that given rows leave out, each with what these are called."""
    there = {column.name for column in data.schema}
    return [(given.mock.called, column.name) for column in given.schema or () if column.name not in there]


def explain_left_out(result: NodeResult, left_out: Iterable[tuple[str, str]]) -> None:
    """Let an error that names a column which the mocks leave out say so."""
    for called, column in left_out if result.error is not None else ():
        if result.error and re.search(rf"\b{re.escape(column)}\b", result.error.message, re.IGNORECASE):
            result.error.hint = f"{called} has no column '{column}': add it to its rows"
            return

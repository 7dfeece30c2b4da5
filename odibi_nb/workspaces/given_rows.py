"""What a unit test gives its node to read."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.option_parser import scalar
from odibi_nb.exceptions import ValidationError, did_you_mean

if TYPE_CHECKING:
    from odibi_nb.workspaces.node_tests import ReadTest

__all__ = ["given_rows"]

_EMPTY_HINT = "a header alone names the columns: write it as CSV text"


def given_rows(test: ReadTest, mocks: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rows of each input, as `Workspace.try_node` takes them.

    mocks: gives the node's mocks by input; asked only where the test refers to them.
    Raises ValidationError at the line of rows that don't go together.
    """
    from odibi_nb.config.node_tests import MOCK

    given = test.config.given
    if given == MOCK:
        found = dict(mocks())
    else:
        found = {name: rows if rows != MOCK else _mock(name, test, mocks()) for name, rows in given.items()}
    _check_fill(test, found)
    return {name: _rows(name, rows, test) for name, rows in found.items()}


def _mock(name: str, test: ReadTest, mocks: Mapping[str, Any]) -> Any:
    if name not in mocks:
        hint = did_you_mean(name, mocks) or f"mocks: {', '.join(mocks)}"
        raise ValidationError(f"input '{name}' has no mock", hint=hint, **test.place("given", name))
    return mocks[name]


def _check_fill(test: ReadTest, found: Mapping[str, Any]) -> None:
    fill = test.config.fill
    for name in fill if isinstance(fill, Mapping) else ():
        if not isinstance(found.get(name), list):
            written = [other for other, rows in found.items() if isinstance(rows, list)]
            hint = did_you_mean(name, written) or f"inputs with rows: {', '.join(written) or 'none'}"
            where = test.place("fill", name)
            raise ValidationError(f"fill is for inputs whose rows are listed, and '{name}' is none", hint=hint, **where)


def _rows(name: str, rows: Any, test: ReadTest) -> Any:
    """Return an input's rows with the columns filled in that they may leave out."""
    from odibi_nb.config.node_tests import uneven_row

    place = test.place("given", name)
    if isinstance(rows, str):
        return _columns_of_csv(name, rows, place)
    if not isinstance(rows, list):
        return rows
    if not rows:
        raise ValidationError(f"input '{name}' has no rows, and so no columns", hint=_EMPTY_HINT, **place)
    fill = test.config.fill
    values = fill.get(name, {}) if isinstance(fill, Mapping) else {}
    if fill is True:
        values = dict.fromkeys(column for row in rows for column in row)
    filled = [{**row, **{column: value for column, value in values.items() if column not in row}} for row in rows]
    for number, row in enumerate(filled):
        if (uneven := uneven_row(row, filled[0])) is not None:
            message, hint = uneven
            where = test.place("given", name, number)
            raise ValidationError(f"row {number + 1} of input '{name}' {message}", hint=hint, **where)
    return filled


def _columns_of_csv(name: str, text: str, place: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return CSV text as columns: numbers where a column has nothing else, and NULL where nothing stands."""
    lines = [line for line in csv.reader(text.splitlines(), skipinitialspace=True) if line]
    if not lines:
        raise ValidationError(f"input '{name}' has no rows, and so no columns", hint=_EMPTY_HINT, **place)
    header, *rows = lines
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            counts = f"{len(row)} values where the header has {len(header)}"
            hint = 'quote a value with a comma in it: "a, b"'
            raise ValidationError(f"row {number} of input '{name}' has {counts}", hint=hint, **place)
    return {column.strip(): _typed([row[at].strip() for row in rows]) for at, column in enumerate(header)}


def _typed(texts: Sequence[str]) -> list[Any]:
    values = [scalar(text) if text else None for text in texts]
    are_texts = any(isinstance(value, str) for value in values)
    return [text or None for text in texts] if are_texts else values

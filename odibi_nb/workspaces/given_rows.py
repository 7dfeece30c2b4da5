"""What a unit test gives its node to read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ValidationError, did_you_mean
from odibi_nb.workspaces.mocks import Mock

if TYPE_CHECKING:
    from odibi_nb.workspaces.node_tests import ReadTest

__all__ = ["given_rows"]

_EMPTY_HINT = "a header alone names the columns: write it as CSV text"


def given_rows(test: ReadTest, mocks: Callable[[], Mapping[str, Mock]]) -> dict[str, Mock]:
    """Return the rows of each input, as `Workspace.try_node` takes them.

    mocks: gives the node's mocks by input; asked only where the test refers to them.
    Raises ValidationError at the line of rows that don't go together.
    """
    from odibi_nb.config.node_tests import MOCK

    given = test.config.given
    if given == MOCK:
        found: dict[str, Any] = dict(mocks())
    else:
        found = {name: rows if rows != MOCK else _mock(name, test, mocks()) for name, rows in given.items()}
    _check_fill(test, found)
    mocked = {name: rows if isinstance(rows, Mock) else _written(name, rows, test) for name, rows in found.items()}
    return mocked | {name: replace(mocked[name], types=types) for name, types in _types(test, mocked)}


def _types(test: ReadTest, mocked: Collection[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the types that the test gives to columns, by input, as DuckDB calls them."""
    from odibi_nb.engine.type_names import canonical_name

    for name, types in test.config.types.items():
        if name not in mocked:
            hint = did_you_mean(name, mocked) or f"inputs: {', '.join(mocked) or 'none'}"
            raise ValidationError(
                f"types is for given inputs, and '{name}' is none", hint=hint, **test.place("types", name)
            )
        named = dict[str, str]()
        for column, kind in types.items():
            try:
                named[column] = canonical_name(kind)
            except ValidationError as exc:
                raise exc.at(**test.place("types", name, column)) from exc.__cause__
        yield name, named


def _mock(name: str, test: ReadTest, mocks: Mapping[str, Mock]) -> Mock:
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


def _written(name: str, rows: Any, test: ReadTest) -> Mock:
    """Return an input's rows as they are written, those of a list with what `fill` puts into them."""
    if not (rows.strip() if isinstance(rows, str) else rows):
        place = test.place("given", name)
        raise ValidationError(f"input '{name}' has no rows, and so no columns", hint=_EMPTY_HINT, **place)
    if isinstance(rows, str):
        return Mock(name, rows, locate=partial(_csv_place, test, name), given=True)
    return Mock(name, _filled(name, rows, test), locate=partial(_row_place, test, name), given=True)


def _filled(name: str, rows: Sequence[Mapping[str, Any]], test: ReadTest) -> list[dict[str, Any]]:
    from odibi_nb.config.node_tests import uneven_row

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


def _row_place(test: ReadTest, name: str, path: Sequence[Any]) -> dict[str, Any]:
    return test.place("given", name, *path)


def _csv_place(test: ReadTest, name: str, path: Sequence[Any]) -> dict[str, Any]:
    return test.text_place(path[0], "given", name) if path else test.place("given", name)

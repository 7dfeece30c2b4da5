"""Rows that aren't as a test expects them, in plain JSON values, for programs that read `--json`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.exceptions import shortened

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Schema
    from odibi_nb.matching import Difference

__all__ = ["DifferencesView", "DifferingRowView", "differences_view"]

_ROWS, _COLUMNS, _CHARACTERS = 50, 50, 2_000

JsonRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DifferingRowView:
    """A row that was expected otherwise.

    row: which of the expected rows, from 1; None for one that isn't expected at all. cells: the columns that differ;
    of a row that is there on one side alone: none.
    """

    kind: Literal["changed", "missing", "unexpected"]
    row: int | None
    expected: JsonRow | None
    actual: JsonRow | None
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DifferencesView:
    """columns: those compared, with the types of the result. more: rows that differ too and aren't listed.

    Of many columns 50 are in the rows, first of all those that differ.
    """

    columns: tuple[dict[str, str], ...]
    rows: tuple[DifferingRowView, ...]
    more: int = 0


def differences_view(difference: Difference, schema: Schema) -> DifferencesView:
    """Return the first 50 rows that differ; schema: of the columns compared."""
    total = len(difference.pairs) + len(difference.missing) + len(difference.extra)
    differing = chain.from_iterable(pair.differing for pair in difference.pairs)
    first = islice(dict.fromkeys((*differing, *range(len(difference.columns)))), _COLUMNS)
    rows = tuple(islice(_rows(difference, frozenset(first)), _ROWS))
    columns = tuple({"name": column.name, "type": column.type} for column in schema)
    return DifferencesView(columns, rows, total - len(rows))


def _rows(difference: Difference, shown: Collection[int]) -> Iterator[DifferingRowView]:
    names = difference.columns

    def row(values: Sequence[Any]) -> JsonRow:
        return {name: _value(values[at]) for at, name in enumerate(names) if at in shown}

    for pair in difference.pairs:
        cells = tuple(names[at] for at in pair.differing if at in shown)
        yield DifferingRowView("changed", pair.number, row(pair.expected), row(pair.got), cells)
    for number, values in difference.missing:
        yield DifferingRowView("missing", number, row(values), None)
    for values in difference.extra:
        yield DifferingRowView("unexpected", None, None, row(values))


def _value(value: Any) -> Any:
    """Return numbers, flags and NULL as they are, and anything else as DuckDB writes it, cut where it is long."""
    from odibi_nb.engine.values import value_text

    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return shortened(value, _CHARACTERS) if isinstance(value, str) else value_text(value)

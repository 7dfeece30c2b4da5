"""Columns measured: a first pass for what they hold, a second one for how it is spread."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import text_sql
from odibi_nb.exceptions import UsageError, did_you_mean
from odibi_nb.profile.kinds import Kind, kind_of
from odibi_nb.profile.models import ColumnProfile, Profile
from odibi_nb.profile.spread import Bins, Tops, bins_between, tops_sql
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine, Run
    from odibi_nb.engine.schema import Column, Schema

__all__ = ["summarize"]

EXACT_ROWS = 100_000
"""Up to here distinct values are counted; beyond HyperLogLog tells them within some percent (Flajolet et al. 2007)."""

_ALL_DIFFERENT = 0.95
"""Where more of the values than this differ, no frequent ones are worth a look."""

_AT_ONCE = 50
"""Columns that one query asks about: its time grows with the square of them, 300 take 7 s and 1,000 minutes."""


def summarize(engine: Engine, data: Dataset, columns: Sequence[str] = ()) -> Profile:
    """Sum up the named columns of a result, or all of them. Raises UsageError for one that it hasn't."""
    exact = data.known_rows is not None and data.known_rows <= EXACT_ROWS
    asked = [_Asked(column, kind_of(column.type), exact) for column in _chosen(data.schema, columns)]
    return engine.inspect(data, lambda table, run: _profile(asked, table, run))


def _chosen(schema: Schema, names: Sequence[str]) -> list[Column]:
    by_fold = {column.name.casefold(): column for column in schema}
    for name in names:
        if name.casefold() not in by_fold:
            known = [column.name for column in schema]
            raise UsageError(
                f"there is no column '{name}'", hint=did_you_mean(name, known) or f"columns: {', '.join(known)}"
            )
    return [by_fold[name.casefold()] for name in dict.fromkeys(names)] or list(schema)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A column to be measured; exact: its different values are to be counted, not estimated."""

    column: Column
    kind: Kind
    exact: bool

    @property
    def sql(self) -> str:
        """What the first pass asks, as one struct."""
        value, kind = quote_name(self.column.name), self.kind
        finite = kind.finite.format(value)
        only = f" FILTER ({finite})" if finite else ""
        asked = {
            "count": f"count({value})",
            "distinct": f"count(DISTINCT {value})" if self.exact else f"approx_count_distinct({value})",
            "not_finite": f"count(*) FILTER (NOT {finite})" if finite else "0",
            "mean": f"{kind.mean.format(value)}{only}" if kind.mean else "NULL",
            "top": tops_sql(value) if kind.has_top else "NULL",
        }
        for name, extreme in (("low", f"min({value}){only}"), ("high", f"max({value}){only}")):
            asked[name] = text_sql(extreme) if kind.has_range else "NULL"
            asked[f"{name}_number"] = kind.number.format(extreme) if kind.number else "NULL"
        return f"{{{', '.join(f'{name!r}: {sql}' for name, sql in asked.items())}}}"

    def profile(self, found: Mapping[str, Any], rows: int) -> ColumnProfile:
        """Return what the first pass has found."""
        mean = found["mean"]
        return ColumnProfile(
            name=self.column.name,
            type=self.column.type,
            nulls=rows - found["count"],
            distinct=min(found["distinct"], found["count"]),
            distinct_is_exact=self.exact,
            low=found["low"],
            high=found["high"],
            mean=mean if mean is not None and math.isfinite(mean) else None,
            not_finite=found["not_finite"],
        )

    def spread(self, found: Mapping[str, Any]) -> Tops | Bins | None:
        """Return what the second pass is to count."""
        value = quote_name(self.column.name)
        if found["top"] and found["distinct"] < _ALL_DIFFERENT * found["count"]:
            return Tops(value, found["top"])
        return bins_between(value, self.kind, found["low_number"], found["high_number"])


def _profile(asked: Sequence[_Asked], table: str, run: Run) -> Profile:
    parts = [_measured(asked[at : at + _AT_ONCE], table, run) for at in range(0, len(asked), _AT_ONCE)]
    return Profile(parts[0].rows, tuple(column for part in parts for column in part.columns))


def _measured(asked: Sequence[_Asked], table: str, run: Run) -> Profile:
    ((rows, *found),) = run(f"SELECT count(*), {', '.join(one.sql for one in asked)} FROM {table}")
    measured = [one.profile(values, rows) for one, values in zip(asked, found, strict=True)]
    spreads = [one.spread(values) for one, values in zip(asked, found, strict=True)]
    wanted = [spread.sql for spread in spreads if spread is not None]
    counted = iter(run(f"SELECT {', '.join(wanted)} FROM {table}")[0] if wanted else ())
    return Profile(rows, tuple(map(_spread_out, measured, spreads, (s and next(counted) for s in spreads))))


def _spread_out(column: ColumnProfile, spread: Tops | Bins | None, counted: Any) -> ColumnProfile:
    if isinstance(spread, Tops):
        return replace(column, top=spread.read(counted))
    return replace(column, bins=spread.read(counted)) if spread is not None else column

"""Two results compared: their columns, and their rows by a key or as wholes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.comparison.columns import pairs_of, schema_changes
from odibi_nb.comparison.keys import FoundKey, Key, KeySearch, candidates, columns_named, named_key
from odibi_nb.comparison.models import Comparison, Request
from odibi_nb.comparison.paired import Join, Paired
from odibi_nb.comparison.sides import Side, Sides
from odibi_nb.comparison.whole import whole_rows
from odibi_nb.exceptions import UsageError

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine
    from odibi_nb.engine.schema import Schema

__all__ = ["compare", "compare_columns"]


def compare(engine: Engine, before: Dataset, after: Dataset, request: Request) -> Comparison:
    """Compare two results of one engine, rows and all; they are only read, and may be larger than memory.

    Raises UsageError for a key that isn't in both, ValidationError for one that doesn't name a row.
    """
    pairs = pairs_of(before.schema, after.schema)
    key = named_key(pairs, request.key)
    known = compare_columns(before, after)
    if not pairs:
        reason = "they have no column in common"
        return replace(known, rows_before=before.count(), rows_after=after.count(), reason=reason)
    schemas: dict[Side, Schema] = {"before": before.schema, "after": after.schema}
    found = engine.inspect_many(
        {"before": before, "after": after},
        lambda tables, run: _compare_rows(Sides(schemas, pairs, tables, run), key, request),
    )
    return replace(known, rows_before=found.rows_before, rows_after=found.rows_after, rows=found.changes)


def compare_columns(before: Dataset, after: Dataset, reason: str = "") -> Comparison:
    """Compare what is known without a look at any row; reason: why the rows are not compared."""
    schema = schema_changes(before.schema, after.schema)
    return Comparison(before.schema, after.schema, schema, before.known_rows, after.known_rows, reason=reason)


def _compare_rows(sides: Sides, asked: Key, request: Request) -> Paired:
    search = KeySearch(sides, with_nulls=bool(asked))
    found = _by_key(sides, [asked] if asked else candidates(sides.pairs, request.likely), search, request)
    if found is None and asked:
        raise search.duplicate_error(asked)
    if found is None and request.tolerance is not None:
        problem = "no key pairs the rows, so that there are no two numbers to compare"
        raise UsageError(problem, hint="give one: --key COLUMN…")
    found = found or whole_rows(sides, request.sample)
    if search.lost is None:
        return found
    note = f"{', '.join(columns_named(search.lost))} no longer names one row"
    return replace(found, changes=replace(found.changes, note=note))


def _shared_before(paired: Paired, found: FoundKey, search: KeySearch) -> bool:
    """Whether two rows shared a key before, of which nothing was known but that they are few."""
    if paired.doubled is None:
        return not search.names_all_before(found.key)
    return paired.rows_after != found.rows_after or paired.doubled


def _by_key(sides: Sides, keys: Sequence[Key], search: KeySearch, request: Request) -> Paired | None:
    for found in search.found(keys):
        paired = Join(sides, found.key, request).run()
        if found.rows_after is not None and _shared_before(paired, found, search):
            continue
        if paired.rows_before == found.rows_before:
            return paired
        search.lost = search.lost or found.key  # now two rows share a key, which no sample has shown
    return None

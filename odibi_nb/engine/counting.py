"""Evaluating a query so that the lazy results below it learn how many rows they have and what time they took."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from odibi_nb.engine.marks import Evaluated, Mark, lazy_below, marked_text
from odibi_nb.engine.placing import Placed, place_marks
from odibi_nb.engine.plans import Operator, read_profile
from odibi_nb.engine.session import Cursor, is_interrupt
from odibi_nb.engine.trust import seen_whole
from odibi_nb.sql.quote import quote_text

if TYPE_CHECKING:
    from odibi_nb.engine.duckdb_dataset import DuckDataset

__all__ = ["evaluate"]

T = TypeVar("T")

# It is carried out as several statements, which don't see each other's WITH.
_PIVOT = re.compile(r"\bPIVOT", re.IGNORECASE)


def evaluate(
    cursor: Cursor,
    query: Evaluated,
    run: Callable[[str, Mapping[str, Any]], T],
    statement: Callable[[str], str] = str,
) -> T:
    """Return `run(statement(text), parameters)`; lazy results below `query` have then learnt what could be learnt."""
    lazy = lazy_below(query.inputs.values())
    if all(data.is_measured for data in lazy) or _PIVOT.search(query.text):
        return run(statement(query.plain), query.params)
    wanted = [data for data in lazy if _is_wanted(data) and data is not query.same_rows]
    placed = place_marks(cursor, query, statement, wanted) if wanted else Placed()
    with cursor.profiling():
        start = time.perf_counter()
        result, placed = _run(query, placed, lambda text, params: run(statement(text), params))
        seconds = time.perf_counter() - start
        profile = read_profile(cursor.profile())
    if profile is not None:
        samples = placed.samples(profile) if placed.plan is not None and profile.is_like(placed.plan) else {}
        _learn_rows(profile, samples)
        _learn_seconds(profile, samples, lazy, seconds)
    return result


def _is_wanted(data: DuckDataset) -> bool:
    return data.known_rows is None and data.origin.same_rows is None and not data.origin.own_macros


def _run(query: Evaluated, placed: Placed, run: Callable[[str, Mapping[str, Any]], T]) -> tuple[T, Placed]:
    if placed.marks:
        marks = {data: Mark(layers=mark.layers) for data, mark in placed.marks.items()}
        try:
            return run(*marked_text(query, marks)), placed
        except duckdb.Error as exc:
            if is_interrupt(exc):
                raise
            # Of rows that the plain query doesn't compute, perhaps; else that says it better.
    return run(query.plain, query.params), Placed()


def _learn_rows(profile: Operator, samples: Mapping[Operator, DuckDataset]) -> None:
    counts: defaultdict[DuckDataset, set[int]] = defaultdict(set)
    for one, whole in seen_whole(profile, ran=True):
        if whole and one in samples:
            counts[samples[one]].add(one.rows)
    for data, found in counts.items():
        if len(found) == 1:
            data.learn_rows(*found)


def _learn_seconds(
    profile: Operator, samples: Mapping[Operator, DuckDataset], lazy: Sequence[DuckDataset], seconds: float
) -> None:
    """Share the time out as the operators have needed it: a scan is its source's, the rest the nearest mark's."""
    needed: defaultdict[DuckDataset | None, float] = defaultdict(float)
    times: Counter[DuckDataset | None] = Counter()
    sources = [data for data in lazy if not data.origin.inputs]

    def add(operator: Operator, owner: DuckDataset | None) -> None:
        owner = samples.get(operator, owner)
        scanned = _scanned(operator, sources)
        needed[scanned or owner] += operator.seconds
        times[scanned or samples.get(operator)] += 1
        for child in operator.children:
            add(child, owner)

    add(profile, None)
    for data in lazy:
        data.learn_seconds(seconds * needed[data] / (sum(needed.values()) or 1), times[data])


def _scanned(operator: Operator, sources: Sequence[DuckDataset]) -> DuckDataset | None:
    """Return the source that an operator reads."""
    files = operator.details.get("Filename(s)", ())
    first = files if isinstance(files, str) else next(iter(files), "")
    name = quote_text(first.split(", ")[0]) if first else None
    return next((data for data in sources if name and name in data.origin.text), None)

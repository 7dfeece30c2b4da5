"""Where marks may stand, so that a query costs hardly more with them than without."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb

from odibi_nb.engine.marks import Evaluated, Mark, lazy_below, marked_text
from odibi_nb.engine.plans import SAMPLE, Operator, read_plan
from odibi_nb.engine.session import Cursor, is_interrupt
from odibi_nb.engine.trust import seen_whole

if TYPE_CHECKING:
    from odibi_nb.engine.duckdb_dataset import DuckDataset

__all__ = ["Placed", "place_marks"]

_ROUNDS = 5
_FILES = 16
# Shares that nobody else asks for.
_FIRST_TAG, _TAG_STEP = 99.9873, 0.0001
_SHORT_CUTS = ("LIMIT", "STREAMING_LIMIT", "TOP_N", "EMPTY_RESULT")
_EQUAL = re.compile(r"(?<![<>!])=|\bIN\b")
_UNEQUAL, _COMPARES = re.compile("!=|<>"), re.compile(r"[<>=]|\b(?:IN|OR)\b")
_WORDS = re.compile(r"\w+")
_SHARE = re.compile(r"[\d.]+(?=%)")

# Row groups without a value in common: a filter leaves some of them unread.
_SORTED_COLUMNS = """
SELECT path_in_schema FROM (
    SELECT path_in_schema, coalesce(stats_min_value, stats_min) AS low, coalesce(stats_max_value, stats_max) AS high
    FROM parquet_metadata($files)
)
GROUP BY path_in_schema
HAVING CASE WHEN count(TRY_CAST(low AS DOUBLE)) = count(low)
       THEN max(TRY_CAST(low AS DOUBLE)) > min(TRY_CAST(high AS DOUBLE)) ELSE max(low) > min(high) END
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """Marks that pay. plan: the query's with them. owners: whose the samples in it are, in order; None: nobody's."""

    marks: Mapping[DuckDataset, Mark] = field(default_factory=dict)
    plan: Operator | None = None
    owners: Sequence[DuckDataset | None] = ()

    def samples(self, plan: Operator) -> dict[Operator, DuckDataset]:
        """Return the marks in a plan of the same shape, and whose they are."""
        samples = (one for one in plan if one.kind == SAMPLE)
        return {one: owner for one, owner in zip(samples, self.owners, strict=True) if owner is not None}


def place_marks(
    cursor: Cursor, query: Evaluated, statement: Callable[[str], str], wanted: Iterable[DuckDataset]
) -> Placed:
    """Return marks at those of the `wanted` results where they pay.

    A filter, a limit or a join can't change what is below a mark on its way. What is left without one is counted
    when somebody asks for it.
    """
    try:
        return _Placing(cursor, query, statement).place(wanted)
    except duckdb.Error as exc:  # what is wrong with the query is said where it is evaluated
        if is_interrupt(exc):
            raise
        return Placed()


class _Placing:
    def __init__(self, cursor: Cursor, query: Evaluated, statement: Callable[[str], str]) -> None:
        self._cursor, self._query, self._statement = cursor, query, statement

    def place(self, wanted: Iterable[DuckDataset]) -> Placed:
        marks = {data: Mark(_FIRST_TAG - number * _TAG_STEP) for number, data in enumerate(wanted, start=1)}
        for _ in range(_ROUNDS):
            if not marks:
                break
            placed = self._placed(marks)
            idle = self._idle(placed)
            same = [] if idle else self._alike(placed)
            if not idle and not same:
                return placed
            marks = {data: mark for data, mark in marks.items() if data not in idle}
            marks |= {data: replace(marks[data], layers=n) for group in same for n, data in enumerate(group, start=1)}
        return Placed()

    def _placed(self, marks: Mapping[DuckDataset, Mark]) -> Placed:
        """Find the marks in the plan: each keeps another share there, which the plan says."""
        plan = self._explain(*marked_text(self._query, marks))
        by_tag = {f"{mark.percent:.4f}": data for data, mark in marks.items()}
        owners: list[DuckDataset | None] = []
        for above, one in _with_parents(plan):
            if one.kind == SAMPLE:
                owner = by_tag.get(_tag(one))
                inner_layer = above is not None and above.kind == SAMPLE and by_tag.get(_tag(above)) is owner
                owners.append(None if inner_layer else owner)
        return Placed(marks, plan, owners)

    def _idle(self, placed: Placed) -> set[DuckDataset]:
        """Return the marks that show nothing, or cost too much."""
        assert placed.plan is not None  # noqa: S101 - placed in one
        if _spares_less(placed.plan, self._plain):
            return set(placed.marks)
        samples = placed.samples(placed.plan)
        shown = {samples[one] for one, whole in seen_whole(placed.plan, ran=False) if whole and one in samples}
        return (set(placed.marks) - shown) or self._in_the_way(placed, samples)

    def _in_the_way(self, placed: Placed, samples: Mapping[Operator, DuckDataset]) -> set[DuckDataset]:
        """Return the marks that keep a filter from a scan which could leave much unread by it."""
        assert placed.plan is not None  # noqa: S101 - placed in one
        lost = Counter(_scan_filters(self._plain)) - Counter(_scan_filters(placed.plan))
        columns = {word for kind, text in lost if self._spares_much(kind, text) for word in _WORDS.findall(text)}
        if not columns:
            return set()
        return set(_below_filters(placed.plan, samples, columns)) or set(placed.marks)

    def _spares_much(self, scan: str, text: str) -> bool:
        if _UNEQUAL.search(text) and not _COMPARES.search(_UNEQUAL.sub("", text)):  # it keeps nearly all
            return False
        sorted_columns = self._sorted_columns if scan == "READ_PARQUET" and not _EQUAL.search(text) else None
        return sorted_columns is None or not sorted_columns.isdisjoint(_WORDS.findall(text))

    @cached_property
    def _plain(self) -> Operator:
        return self._explain(self._query.plain, self._query.params)

    @cached_property
    def _sorted_columns(self) -> set[str] | None:
        """The columns by which the files that are read seem to be sorted; None: that would be long to find out."""
        files = [file for data in lazy_below(self._query.inputs.values()) for file in data.files]
        paths = sorted({path for file in files for path in file.paths})
        if not all(file.paths for file in files) or len(paths) > _FILES:
            return None
        return {name for (name,) in self._cursor.run(_SORTED_COLUMNS, {"files": paths})}

    def _explain(self, text: str, params: Mapping[str, Any]) -> Operator:
        return read_plan(self._cursor.run(f"EXPLAIN (FORMAT JSON) {self._statement(text)}", params)[0][1])

    def _alike(self, placed: Placed) -> list[list[DuckDataset]]:
        """Return the results that look the same in a plan, so that one might be taken for another."""
        assert placed.plan is not None  # noqa: S101 - placed in one
        groups: defaultdict[str, dict[DuckDataset, None]] = defaultdict(dict)
        for one, owner in placed.samples(placed.plan).items():
            groups[one.signature][owner] = None
        return [list(group) for group in groups.values() if len(group) > 1]


def _with_parents(root: Operator, above: Operator | None = None) -> Iterator[tuple[Operator | None, Operator]]:
    yield above, root
    for child in root.children:
        yield from _with_parents(child, root)


def _tag(sample: Operator) -> str:
    share = _SHARE.search(str(sample.details.get("Sample Method")))
    return f"{float(share[0]):.4f}" if share else ""


def _spares_less(plan: Operator, plain: Operator) -> bool:
    """Whether a plan reads more, or stops later, than the plain one."""
    short_cuts, plain_ones = ([one.kind for one in tree if one.kind in _SHORT_CUTS] for tree in (plan, plain))
    scans, plain_scans = (sum(not one.children for one in tree if "CTE" not in one.kind) for tree in (plan, plain))
    return Counter(short_cuts) != Counter(plain_ones) or scans > plain_scans


def _scan_filters(plan: Operator) -> Iterator[tuple[str, str]]:
    return ((one.kind, text) for one in plan for text in one.filters)


def _below_filters(
    operator: Operator, samples: Mapping[Operator, DuckDataset], columns: set[str], *, under: bool = False
) -> Iterator[DuckDataset]:
    """Yield the results whose marks stand below a filter on one of these columns."""
    under = under or (operator.kind == "FILTER" and not columns.isdisjoint(_WORDS.findall(str(operator.details))))
    if under and operator in samples:
        yield samples[operator]
    for child in operator.children:
        yield from _below_filters(child, samples, columns, under=under)

"""Whether a result becomes a view (computed by whoever reads it), a table (computed once, in memory) or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from odibi_nb.engine.base import Form, Readers
    from odibi_nb.sql import SqlFacts

__all__ = [
    "ABOUT",
    "BYTES_PER_CELL",
    "FUSED",
    "SHARE_OF_MEMORY",
    "SLIGHT_BYTES",
    "SMALL_ROWS",
    "Choice",
    "Input",
    "Shape",
    "choose_form",
    "shape_of",
]

SMALL_ROWS = 50_000
SMALL_BYTES = 1_000_000
# Binding a view binds all views below it: the cost of a chain grows with the square of its depth. 200 filters in a row
# cost with 12, 24, 36, 50, 100 views to a table 2.9, 1.9, 1.8, 1.8, 2.3 s on 2 million rows of a file, and on 100,000
# rows with 16, 24, 36, 50 views 0.40, 0.53, 0.60, 0.79 s.
MAX_VIEW_DEPTH = 24
# Views that each read the one above twice: five in a row read the first one 32 times.
MAX_SCANS = 8
KEEP_S_PER_CELL, KEEP_S_PER_TEXT = 15e-9, 30e-9
"""What it costs to put a value into a table, and a text: 5 and 20 to 35 ns of CPU, and the memory is new."""
BYTES_PER_CELL = 16
INFLATION = 4
"""How much larger rows may be in memory than in their file."""
SLIGHT_BYTES = SMALL_BYTES * INFLATION
SHARE_OF_MEMORY = 8
"""A table may take this part of what the engine may use, a larger one becomes a file."""

FUSED, ABOUT = "fused into what reads it", ", about "


class Choice(NamedTuple):
    """What a result becomes, and why, in words."""

    form: Form
    reason: str


class Input(NamedTuple):
    """What is known of something that a query reads.

    rows: None where that isn't known. depth: views in a row down to it, itself included. scans: how often evaluating
    it reads the same below. file_bytes, parses: of one that is still to be computed, the size of the files, and
    whether that means parsing text.
    """

    lazy: bool = False
    rows: int | None = None
    columns: int = 0
    depth: int = 0
    scans: int = 1
    file_bytes: int = 0
    parses: bool = False

    @property
    def is_small(self) -> bool:
        """Whether it is a table of few rows."""
        return not self.lazy and self.rows is not None and self.rows <= SMALL_ROWS

    @property
    def is_slight(self) -> bool:
        """Whether reading it again costs next to nothing."""
        return self.is_small or 0 < self.memory_bytes <= SLIGHT_BYTES

    @property
    def memory_bytes(self) -> int:
        """About what its rows take in memory."""
        return self.file_bytes * INFLATION if self.lazy else (self.rows or 0) * self.columns * BYTES_PER_CELL


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a query before it runs.

    computes: it is more than reading a file. small: all that it reads are tables of few rows. volatile: it calls
    random(), now() and the like. blocking: its first row needs all of its input. joins: it reads several things that
    aren't small. only_table: DuckDB makes no view of it. reparses: evaluating it means parsing text files. depth:
    views below it. scans: how often it reads the same below. source_bytes: size of the files, where it is nothing but
    reading text files. bytes_below: about what all that it reads takes in memory.
    """

    computes: bool = True
    small: bool = False
    volatile: bool = False
    blocking: bool = False
    joins: bool = False
    only_table: bool = False
    reparses: bool = False
    depth: int = 0
    scans: int = 1
    source_bytes: int | None = None
    bytes_below: int = 0


def shape_of(facts: SqlFacts, inputs: Mapping[str, Input], literals: Sequence[Input] = ()) -> Shape:
    """Return the shape of an SQL statement; inputs: by their names in it. literals: the files that it names."""
    read = (*inputs.values(), *literals)
    return Shape(
        small=bool(inputs) and all(one.is_small for one in inputs.values()),
        volatile=bool(facts.volatile),
        blocking=facts.blocking,
        joins=sum(not one.is_slight for one in read) > 1,
        only_table=facts.pivots or facts.statement.lstrip()[:_LONGEST].split(maxsplit=1)[0].upper() in _NO_SELECT,
        reparses=any(one.parses for one in read),
        depth=1 + max((one.depth for one in inputs.values()), default=0),
        scans=max((facts.mentions(name) * one.scans for name, one in inputs.items() if one.lazy), default=1),
        bytes_below=sum(one.memory_bytes for one in read),
    )


def choose_form(shape: Shape, readers: Readers, room: int) -> Choice:
    """Return what a result becomes; room: bytes that a table may take.

    A view costs nothing and lets filters travel down to the files; a table is computed once however many read it,
    and its rows, count and errors are known at once; a file is a table that never was in memory as a whole.
    """
    reason = next(_reasons_to_keep(shape, readers), None)
    if reason is None:
        return Choice("view", _why_fused(shape, readers))
    if readers.overrule in ("table", "store"):
        return Choice("store" if readers.overrule == "store" else "table", reason)
    size = _estimated_bytes(shape, readers)
    return Choice("store", f"{reason}{ABOUT}{_gigabytes(size)}") if size > room else Choice("table", reason)


def _reasons_to_keep(shape: Shape, readers: Readers) -> Iterator[str]:
    if readers.overrule == "lazy":
        return
    if readers.overrule in ("table", "store"):
        yield f"materialize: {readers.overrule}"
    if readers.snapshot:
        yield "a file that it reads is written in this run"
    if shape.volatile:
        yield "calls a function whose value changes"
    if shape.only_table:
        yield "DuckDB makes no view of it"
    if readers.overrule == "view":
        return
    if shape.source_bytes is not None and shape.source_bytes <= SMALL_BYTES:
        yield "its files are small"
    yield from _reasons_by_use(shape, readers)
    yield from _reasons_by_place(shape)


def _reasons_by_use(shape: Shape, readers: Readers) -> Iterator[str]:
    if not (shape.computes or shape.reparses):  # the file itself is as good as a table
        return
    if readers.keep and not readers.sink:
        yield "no other node reads it"
    cost, read = _cost_of(readers), _times(readers)
    # Of a query that has to finish first, the look at its card is a reading more.
    uses = max(read, 1) + 1 if shape.blocking else read
    if cost is None:
        worth_it = shape.blocking or (uses > 1 and (shape.joins or shape.reparses))
    else:
        worth_it = (uses - 1) * cost[0] > cost[1]
    if worth_it and read > 1:
        yield _read(read) if cost is None else f"{_read(read)}, {_seconds(cost[0])} each"
    elif worth_it:
        yield "it needs all of its input first"


def _reasons_by_place(shape: Shape) -> Iterator[str]:
    if shape.small:
        yield "its inputs are small"
    if shape.depth >= MAX_VIEW_DEPTH:
        yield f"{shape.depth} views deep"
    if shape.scans >= MAX_SCANS:
        yield f"reads the same {shape.scans} times"


def _why_fused(shape: Shape, readers: Readers) -> str:
    read = _times(readers)
    if readers.overrule is not None:
        return f"materialize: {readers.overrule}"
    if not (shape.computes or shape.reparses):
        return "its file is as good as a table"
    if read > 1:
        return f"{_read(read)}, {'cheaply' if _cost_of(readers) is None else 'which costs less than to keep it'}"
    if readers.count:
        return FUSED
    return "computed when it is written" if readers.sink else "computed when it is looked at"


def _times(readers: Readers) -> int:
    """How often it would be evaluated as a view."""
    return readers.count + readers.sink


def _cost_of(readers: Readers) -> tuple[float, float] | None:
    """Return how many seconds it took to evaluate the last time, and to keep it; None: that isn't known."""
    before = readers.before
    if before is None:
        return None
    others = before.columns - before.texts
    keeping = before.rows * (others * KEEP_S_PER_CELL + before.texts * KEEP_S_PER_TEXT)
    return max(before.seconds - (keeping if before.kept else 0.0), 0.0), keeping


def _estimated_bytes(shape: Shape, readers: Readers) -> int:
    before = readers.before
    return before.rows * before.columns * BYTES_PER_CELL if before is not None else shape.bytes_below


def _read(times: int) -> str:
    return "read twice" if times == 2 else f"read {times} times"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.95 else f"{seconds * 1000:.0f} ms"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


_NO_SELECT = frozenset({"SUMMARIZE", "DESCRIBE", "DESC", "SHOW", "EXPLAIN"})
_LONGEST = 12
"""Characters from which the first word of these can be told."""

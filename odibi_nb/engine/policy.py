"""Whether a result becomes a view (computed by whoever reads it) or a table (computed once, now)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from odibi_nb.engine.base import Dataset, Readers

__all__ = ["Form", "Shape", "choose_form"]

Form = Literal["view", "table"]

SMALL_ROWS = 50_000
SMALL_BYTES = 1_000_000
# Binding a view binds all views below it: the cost of a chain grows with the square of its depth.
MAX_VIEW_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a query before it runs.

    volatile: it calls random(), now() and the like. blocking: its first row needs all of its input.
    reparses: reading it again means parsing text files again. source_bytes: size of the files, where it reads
    nothing but files.
    """

    inputs: Sequence[Dataset] = ()
    volatile: bool = False
    blocking: bool = False
    reparses: bool = False
    depth: int = 0
    source_bytes: int | None = None


def choose_form(shape: Shape, readers: Readers) -> tuple[Form, str]:
    """Return the form and the reason for it, in words.

    A view costs nothing and lets filters travel down to the files; a table is computed once however many
    read it, and its rows, count and errors are known at once.
    """
    if readers.overrule == "view" and not readers.snapshot:
        return "view", "materialize: view"
    reason = next(_reasons_for_table(shape, readers), None)
    return ("table", reason) if reason else ("view", "fused into what reads it")


def _reasons_for_table(shape: Shape, readers: Readers) -> Iterator[str]:
    if readers.snapshot:
        yield "a file that it reads is written in this run"
    if readers.overrule:
        yield f"materialize: {readers.overrule}"
    if shape.volatile:
        yield "calls a function whose value changes"
    if shape.source_bytes is not None and shape.source_bytes <= SMALL_BYTES:
        yield "its files are small"
    if shape.inputs and all(_is_small(data) for data in shape.inputs):
        yield "its inputs are small"
    if shape.blocking:
        yield "its first row needs all of its input"
    if readers.keep and not readers.sink:
        yield "no other node reads it"
    if (evaluations := readers.count + readers.sink) > 1 and (shape.inputs or shape.reparses):
        yield f"evaluated {evaluations} times"
    if shape.depth >= MAX_VIEW_DEPTH:
        yield f"{shape.depth} views deep"


def _is_small(data: Dataset) -> bool:
    return not data.lazy and data.known_rows is not None and data.known_rows <= SMALL_ROWS

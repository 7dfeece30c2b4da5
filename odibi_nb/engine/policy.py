"""Whether a result becomes a view (computed by whoever reads it) or a table (computed once, now)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from odibi_nb.engine.base import Dataset, Readers

__all__ = ["Form", "Shape", "choose_form"]

Form = Literal["view", "table"]

SMALL_ROWS = 50_000
# Binding a view binds all views below it: the cost of a chain grows with the square of its depth.
MAX_VIEW_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a query before it runs.

    volatile: it calls random(), now() and the like. blocking: its first row needs all of its input.
    reparses: reading it again means parsing text files again.
    """

    inputs: Sequence[Dataset] = ()
    volatile: bool = False
    blocking: bool = False
    reparses: bool = False
    depth: int = 0


def choose_form(shape: Shape, readers: Readers) -> tuple[Form, str]:
    """Return the form and the reason for it, in words.

    A view costs nothing and lets filters travel down to the files; a table is computed once however many
    read it, and its rows, count and errors are known at once.
    """
    if readers.overrule:
        return ("view" if readers.overrule == "view" else "table"), f"materialize: {readers.overrule}"
    if shape.volatile:
        return "table", "calls a function whose value changes"
    if shape.inputs and all(_is_small(data) for data in shape.inputs):
        return "table", "its inputs are small"
    if shape.blocking:
        return "table", "its first row needs all of its input"
    if readers.keep and not readers.sink:
        return "table", "no other node reads it"
    if readers.count > 1 and (shape.inputs or shape.reparses):
        return "table", f"read by {readers.count} nodes"
    if shape.depth >= MAX_VIEW_DEPTH:
        return "table", f"{shape.depth} views deep"
    return "view", "fused into what reads it"


def _is_small(data: Dataset) -> bool:
    return not data.lazy and data.known_rows is not None and data.known_rows <= SMALL_ROWS

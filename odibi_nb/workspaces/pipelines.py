"""The line that sets the pipeline of the cells that follow, and says what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odibi_nb.cells.magics import CellMagic
from odibi_nb.cells.option_parser import Option, OptionParser

__all__ = ["LABELS", "PIPELINE_OPTIONS", "labels_of", "pipeline_set_by"]

PIPELINE_OPTIONS = (
    Option("--describe", metavar="TEXT", help="a description of it"),
    Option("--layer", metavar="LAYER", help="a label, such as staging"),
    Option("--owner", metavar="WHO", help="a label: who looks after it"),
)
_LINE = OptionParser("%odibi pipeline", PIPELINE_OPTIONS, words=("[PIPELINE]",))
_FIELDS = {"describe": "description", "layer": "layer", "owner": "owner"}
LABELS = set(_FIELDS.values())
"""What is said of a pipeline, beside its nodes."""


def labels_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what options say of a pipeline, by the names of the dialect."""
    return {field: values[option] for option, field in _FIELDS.items() if values.get(option)}


def pipeline_set_by(magic: CellMagic) -> tuple[str, dict[str, str]] | None:
    """Return the pipeline that a line sets, with its labels; None for another line.

    Raises UsageError where it says what there isn't.
    """
    command, _, rest = magic.line.strip().partition(" ")
    if command != "pipeline":
        return None
    parsed = _LINE.parse(rest)
    return (parsed.words[0], labels_of(parsed.values)) if parsed.words else None

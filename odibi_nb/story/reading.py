"""A story read again, from its JSON or, where that is gone, from the run history."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from odibi_nb.exceptions import FormatError
from odibi_nb.history import NodeRecord, RunRecord
from odibi_nb.views import ColumnView, ErrorView, NodeView
from odibi_nb.views.build_story import run_facts
from odibi_nb.views.story import StoryNodeView, StoryView

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["read_story", "story_of"]

_VERSION = 1


def read_story(text: str) -> StoryView:
    """Return the views of a story's JSON; raises FormatError."""
    try:
        said = json.loads(text)
        view = _adapter().validate_python(said) if said["version"] == _VERSION else None
    except (ValueError, TypeError, KeyError) as exc:
        raise FormatError("the story's JSON is damaged", hint="open its HTML page") from exc
    if view is None:
        raise FormatError("the story is of another version", hint="open its HTML page")
    return view


@cache
def _adapter() -> TypeAdapter[StoryView]:
    from pydantic import TypeAdapter

    return TypeAdapter(StoryView)


def story_of(record: RunRecord) -> StoryView:
    """Return what the run history alone tells of a run."""
    total_s = sum(node.duration_s for node in record.nodes)
    return StoryView(
        run=run_facts(record),
        exclude=record.exclude,
        workers=record.workers,
        parameters=tuple(record.parameters.items()),
        versions=tuple(record.versions.items()),
        graph=None,
        nodes=tuple(_node(node, total_s) for node in record.nodes),
        cached=record.cached,
    )


def _node(node: NodeRecord, total_s: float) -> StoryNodeView:
    kind, _, message = node.error.partition(": ")
    card = NodeView(
        node.name,
        "",
        node.status,
        rows="" if node.rows is None else f"{node.rows:,}",
        written=f"written to {node.written}" if node.written else "",
        error=ErrorView(kind, message) if node.error else None,
        schema=tuple(ColumnView(*column) for column in node.columns or ()),
    )
    share = node.duration_s / total_s if total_s else 0.0
    return StoryNodeView(card, node.action, node.reason, node.rows, node.rows_in, node.duration_s, share)

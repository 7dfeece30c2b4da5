"""A story read again, from its JSON or, where that is gone, from the run history."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from odibi_nb.exceptions import FormatError
from odibi_nb.history import NodeRecord, RunRecord
from odibi_nb.views import ColumnView, ErrorView, NodeView
from odibi_nb.views.build_story import run_facts
from odibi_nb.views.story import StoryNodeView, StoryView

__all__ = ["read_story", "story_of"]

T = TypeVar("T")
_VERSION = 1


def read_story(text: str) -> StoryView:
    """Return the views of a story's JSON; raises FormatError."""
    try:
        said = json.loads(text)
        if said.pop("version", None) != _VERSION:
            raise FormatError("the story is of another version", hint="open its HTML page")
        return _made(StoryView, said)
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        if isinstance(exc, FormatError):
            raise
        raise FormatError(f"the story's JSON can't be read: {exc}", hint="open its HTML page") from exc


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


def _made(kind: type[T], said: Mapping[str, Any]) -> T:
    """Return a view of plain values."""
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _value(hint)(said[name]) for name, hint in hints.items() if name in said})


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    from odibi_nb.views import differences, models, story  # where the names of hints are looked up

    return get_type_hints(kind, {**vars(models), **vars(differences), **vars(story)})


def _value(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a value of this type of a JSON value."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        others = [one for one in inner if one is not type(None)]
        return lambda said: None if said is None else _value(others[0])(said)
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return lambda said: tuple(map(_value(inner[0]), said))
        return lambda said: tuple(_value(one)(value) for one, value in zip(inner, said, strict=True))
    if is_dataclass(hint):
        return lambda said: _made(hint, said)  # type: ignore[arg-type]
    return lambda said: said

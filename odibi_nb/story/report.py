"""What a finished run leaves behind: its story, the list of stories, its lineage events."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

from odibi_nb.exceptions import OdibiException
from odibi_nb.history import revision_of
from odibi_nb.openlineage import send_events
from odibi_nb.pipeline.finished import FinishedRun
from odibi_nb.story.files import INDEX, StoryFiles, twin
from odibi_nb.story.index import index_html
from odibi_nb.story.page import story_html
from odibi_nb.views.build_story import run_facts, story_view
from odibi_nb.views.story import StoryView

__all__ = ["VERSION", "report", "story_json"]

VERSION = 1
_LISTED = 200


def report(run: FinishedRun) -> tuple[str | None, list[str]]:
    """Write all of it; return where the story is, and what there is to say: nothing here fails a run."""
    if run.record.commit is not None:
        commit, dirty = revision_of(run.root)
        run.record = replace(run.record, commit=commit, dirty=dirty)
    path, notes = _written(run) if run.place is not None else (None, [])
    if run.history is not None:
        run.history.note_report(run.record.id, run.record.commit, path or "", dirty=run.record.dirty)
        notes += [news] if (news := run.history.news()) else []
    return path, [*notes, *send_events(run)]


def story_json(story: StoryView) -> str:
    """Return a story as plain JSON values."""
    said = {"version": VERSION, **_plain(story)}
    return json.dumps(said, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(view: Any) -> dict[str, Any]:
    """Return what a view holds; unlike `asdict`, which takes ten times as long, without copying it."""
    return {field.name: getattr(view, field.name) for field in fields(view)}


def _written(run: FinishedRun) -> tuple[str | None, list[str]]:
    assert run.place is not None  # noqa: S101 - the caller has seen to it
    files, name = StoryFiles(run.place), run.place.name(run.record)
    path = run.place.path(name)
    try:
        story = story_view(run)
        files.write(name, story_html(story))
        files.write(twin(name), story_json(story))
    except Exception as exc:  # noqa: BLE001 - whatever is wrong with a report, the run that it tells of is over
        return None, [f"the story {name} can't be written: {_why(exc)}"]
    try:
        _list(run, files, name)
    except Exception as exc:  # noqa: BLE001 - as above
        return path, [f"the list of stories {INDEX} can't be written: {_why(exc)}"]
    return path, []


def _list(run: FinishedRun, files: StoryFiles, name: str) -> None:
    removed = files.clear_up()
    if run.history is None:
        return
    if removed:
        run.history.note_stories_removed(removed)
    runs = [run_facts(one) for one in run.history.runs(most=_LISTED)]
    own = [replace(one, story=name) if one.id == run.record.id else one for one in runs]
    files.write(INDEX, index_html(own))


def _why(error: Exception) -> str:
    if isinstance(error, OdibiException):
        return "; ".join(filter(None, (error.message, error.hint)))
    return f"{type(error).__name__}: {error}"

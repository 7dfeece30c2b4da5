"""`story`: the runs there have been, what each did, and what differs between two."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.cells.option_parser import Option, count_of
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import FormatError, OdibiException, UsageError, did_you_mean
from odibi_nb.history import RunHistory, find_run
from odibi_nb.pipeline.story_place import place_of

if TYPE_CHECKING:
    from odibi_nb.history import RunRecord
    from odibi_nb.views.story import StoryView

__all__ = ["COMMANDS", "history_of"]

_MOST = 20


def story(call: Call) -> Shown:
    """List the runs there have been, show one, or compare two."""
    word, *runs = call.words or ("list",)
    act = _ACTS.get(word)
    if act is None:
        raise UsageError(f"story can't '{word}'", hint=did_you_mean(word, _ACTS) or f"story {', '.join(_ACTS)}")
    if word != "show" and call.values.get("open"):
        raise UsageError("--open is for showing a story", hint="story show latest --open")
    return act(call, runs)


def history_of(call: Call) -> RunHistory:
    """Return the run history of the call's folder, also where this session writes nothing into it."""
    return call.ws.recorder.history or RunHistory(call.ws.root / ".odibi")


def _list(call: Call, words: list[str]) -> Shown:
    from odibi_nb.story.lists import runs_html, runs_text
    from odibi_nb.views.build_story import run_facts

    if words:
        raise UsageError(f"story list takes no '{words[0]}'", hint=f"story show {words[0]}")
    history, most = history_of(call), call.values.get("most", _MOST)
    own = [] if call.values.get("all") else history.runs(owner=call.ws.saved_as, most=most)
    views = [run_facts(run) for run in own or history.runs(most=most)]
    return Shown(
        runs_text(views), runs_html(views), data={"runs": [asdict(one) for one in views]}, notes=_notes(history)
    )


def _show(call: Call, words: list[str]) -> Shown:
    from odibi_nb.story.inline import story_inline
    from odibi_nb.story.report import story_json
    from odibi_nb.story.text import story_text

    if len(words) > 1:
        raise UsageError("story show takes one run", hint=f"story diff {' '.join(words[:2])}")
    history = history_of(call)
    record = find_run(history, words[0] if words else "latest", call.ws.saved_as)
    view, note = _story_of(call, record)
    where = note or f"story: {record.story}"
    if call.values.get("open"):
        _open(record, note)
    html = story_inline(view, where) if call.door == "cell" else None
    data = json.loads(story_json(view)) if call.values.get("json") else None
    return Shown(f"{story_text(view)}\n{where}", html, data=data, notes=_notes(history))


def _diff(call: Call, words: list[str]) -> Shown:
    from odibi_nb.story.lists import run_diff_html, run_diff_text
    from odibi_nb.views.run_diff import run_diff

    if len(words) != 2:
        raise UsageError("story diff takes two runs", hint="story diff previous latest")
    history = history_of(call)
    before, after = (find_run(history, word, call.ws.saved_as) for word in words)
    view = run_diff(before, after)
    return Shown(run_diff_text(view), run_diff_html(view), data=asdict(view), notes=_notes(history))


_ACTS: dict[str, Callable[[Call, list[str]], Shown]] = {"list": _list, "show": _show, "diff": _diff}


def _story_of(call: Call, record: RunRecord) -> tuple[StoryView, str]:
    """Return a run's story, and a note where only the history knows of it."""
    from odibi_nb.story import story_of
    from odibi_nb.story.files import StoryFiles, twin
    from odibi_nb.story.reading import read_story

    try:
        if record.story and not record.story_removed:
            place = place_of(call.ws.project, call.ws.connections, call.ws.root / ".odibi")
            return read_story(StoryFiles(place).read(twin(record.story))), ""
        why = "its story was removed" if record.story_removed else "it left no story"
    except FormatError as exc:
        why = exc.message
    except (OSError, OdibiException) as exc:
        why = f"its story can't be read ({exc.strerror if isinstance(exc, OSError) and exc.strerror else exc})"
    return story_of(record), f"{why}: this is what the run history knows"


def _open(record: RunRecord, note: str) -> None:
    """Open a story's page in a browser; raises UsageError where there is none."""
    import webbrowser

    if note:
        raise UsageError(f"run {record.short_id} can't be opened: {note}", hint="leave --open out")
    path = Path(record.story)
    webbrowser.open(path.as_uri() if path.is_absolute() else record.story)


def _notes(history: RunHistory) -> tuple[str, ...]:
    return (news,) if (news := history.news()) else ()


COMMANDS = {
    "story": Command(
        "story",
        "List the runs there have been (story list), show one (story show), or what differs between two (story diff).",
        "story show latest",
        story,
        words=("[list|show|diff]", "[RUN]", "[RUN]"),
        options=(
            Option("--all", takes="nothing", help="list: runs of every notebook and project of the folder"),
            Option("--most", convert=count_of("runs", least=1), metavar="N", help=f"list: how many ({_MOST})"),
            Option("--open", takes="nothing", help="show: open the page in a browser"),
        ),
        details="RUN: the first characters of its id, latest, or previous (the one before it).\n"
        "Each run leaves an HTML page, and the same as JSON, in .odibi/stories, or where the project's\n"
        "story: {connection, path} says; index.html there lists them all.",
    )
}

"""Runs as a list, and two of them side by side, for cells and terminals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import status_html
from odibi_nb.pictures.diff import diff_lines
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.symbols import mark
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.story.page import statuses_text
from odibi_nb.story.sources import source_names
from odibi_nb.views.run_diff import NodeChangeView, RunDiffView
from odibi_nb.views.story import RunFactsView

__all__ = ["run_diff_html", "run_diff_text", "runs_html", "runs_text"]

_COLUMNS = ("run", "when", "status", "time", "pipeline", "file", "nodes", "failed", "story")
_RIGHT = (False, False, False, True)
_SIDES = ("", "before", "now")


def runs_text(runs: Sequence[RunFactsView]) -> str:
    """Return a line a run, the latest first."""
    names = source_names(runs)
    rows = [_row(run, mark(run.status), names[run.target]) for run in runs]
    return listing_text(_COLUMNS, rows, right_aligned=_RIGHT) if rows else "no run yet"


def runs_html(runs: Sequence[RunFactsView]) -> str:
    """Return a table of runs, without scripts or network."""
    names = source_names(runs)
    rows = [_row(run, status_html(run.status), names[run.target]) for run in runs]
    return framed(listing_html(_COLUMNS, rows, right_aligned=_RIGHT) if rows else "no run yet")


def run_diff_text(view: RunDiffView) -> str:
    """Return what differs between two runs for terminals."""
    nodes = [f"{visible(node.name)}: {visible('; '.join(_lines(node)))}" for node in view.nodes]
    return "\n".join([visible(_title(view)), listing_text(_SIDES, view.facts), *(nodes or [_SAME])])


def run_diff_html(view: RunDiffView) -> str:
    """Return the same, without scripts or network."""
    items = [tag("li", tag("b", node.name), ": ", "; ".join(_lines(node))) for node in view.nodes]
    nodes = tag("ul", *items, class_="odibi-notes") if items else tag("div", _SAME)
    head = tag("div", tag("b", _title(view)), class_="odibi-head")
    return framed(head, listing_html(_SIDES, view.facts), nodes)


_SAME = "the nodes went the same way"


def _row(run: RunFactsView, status: str | Markup, source: str) -> tuple[str, ...]:
    story = "removed" if run.removed else "yes" if run.story else ""
    failed = ", ".join(run.failed[:3]) + (f" and {len(run.failed) - 3} more" if len(run.failed) > 3 else "")
    return run.id[:8], run.when, status, run.time, run.title, source, statuses_text(run), failed, story


def _title(view: RunDiffView) -> str:
    changed = plural(len(view.nodes), "node")
    return join_facts(
        f"run {view.before.id[:8]} → {view.after.id[:8]}", f"{changed} not the same" if view.nodes else ""
    )


def _lines(node: NodeChangeView) -> Iterator[str]:
    if node.change != "changed":
        yield node.change
    for what, before, now in node.facts:
        yield "code changed" if what == "code" else f"{what} {before} → {now}"
    if node.columns is not None:
        yield from diff_lines(node.columns)

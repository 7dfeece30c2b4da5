"""The story of a run as text, for terminals."""

from __future__ import annotations

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import error_text
from odibi_nb.pictures.diff import changes_text
from odibi_nb.pictures.expectation import broken_text
from odibi_nb.pictures.symbols import mark
from odibi_nb.pictures.table import listing_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.story.page import commit_text, statuses_text
from odibi_nb.story.sections import against_median, rows_text
from odibi_nb.views.cells import duration_text
from odibi_nb.views.story import StoryNodeView, StoryView

__all__ = ["story_text"]

_COLUMNS = ("node", "status", "rows in", "rows", "time", "share", "", "written to")
_RIGHT = (False, False, True, True, True, True)


def story_text(story: StoryView) -> str:
    """Return what failed and why, then all nodes, then what they were given."""
    run = story.run
    nodes = plural(sum(count for _, count in run.counts), "node")
    head = [
        visible(join_facts(run.title, mark(run.status), f"{nodes}: {statuses_text(run)}", run.time)),
        visible(join_facts(f"run {run.id[:8]}", run.when, run.door, commit_text(run))),
    ]
    failed = [f"\n{visible(node.card.name)}\n{_failure(node)}" for node in story.nodes if node.card.error is not None]
    table = listing_text(_COLUMNS, [_row(node) for node in story.nodes], right_aligned=_RIGHT)
    cached = [f"{plural(len(story.cached), 'node')} had their results already"] if story.cached else []
    changes = [f"{visible(n.card.name)} {changes_text(n.card.changes)}" for n in story.nodes if n.card.changes]
    facts = [f"parameters: {', '.join(f'{name}={value}' for name, value in story.parameters)}"]
    notes = [f"note: {note}" for note in story.notes]
    ends = [*cached, *changes, *map(visible, facts if story.parameters else []), *map(visible, notes)]
    return "\n".join([*head, *failed, *([""] if failed else []), table, *ends])


def _failure(node: StoryNodeView) -> str:
    broken = [broken_text(one) for one in node.card.expectations if one.sample is not None]
    return "\n".join([error_text(node.card.error), *broken] if node.card.error is not None else broken)


def _row(node: StoryNodeView) -> tuple[str, ...]:
    card = node.card
    return (
        card.name,
        mark(card.status),
        rows_text(node.rows_in),
        card.rows,
        duration_text(node.duration_s) if node.duration_s else "",
        f"{100 * node.share:.0f}%" if node.share else "",
        against_median(node),
        card.written.removeprefix("written to "),
    )

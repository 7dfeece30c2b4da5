"""A run that goes on as HTML and text: what a reader sees who has no live view of it."""

from __future__ import annotations

from odibi_nb.exceptions import plural, shortened
from odibi_nb.pictures.card import error_html, error_text, status_html
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.symbols import STATUSES, mark
from odibi_nb.pictures.text import join_facts, row_count, visible
from odibi_nb.views import NodeView, RunningNodeView, RunProgressView
from odibi_nb.views.cells import duration_text

__all__ = ["ended_text", "in_order", "progress_facts", "progress_html", "progress_text", "time_text"]

_SAID = 160  # characters of an error within a line; the whole of it comes with the run's outcome


def progress_html(view: RunProgressView) -> str:
    """Return how far a run is, without scripts or network."""
    head = tag(
        "div", tag("b", view.title), " ", status_html(view.status), f" · {progress_facts(view)}", class_="odibi-head"
    )
    running = [tag("div", status_html("running", one.name), f" · {time_text(one)}") for one in view.running]
    failed = [tag("div", tag("b", one.node), error_html(one.error), class_="odibi-failure") for one in view.failed]
    return framed(Markup(head), *running, *failed)


def progress_text(view: RunProgressView) -> str:
    """Return how far a run is for terminals and logs."""
    running = [visible(f"  {mark('running')} {one.name} · {time_text(one)}") for one in view.running]
    failed = [f"\n{visible(one.node)}\n{error_text(one.error)}" for one in view.failed]
    return "\n".join([visible(f"{view.title} {mark(view.status)} · {progress_facts(view)}"), *running, *failed])


def ended_text(view: NodeView) -> str:
    """Return a node that has ended as one line: "✓ completed by_region · 3 rows · 4 ms"."""
    why = "" if view.error is None else view.error.summary
    reason = view.notes[0] if view.notes and view.error is None else ""
    facts = (row_count(view.rows), view.time, *view.badges, view.written, reason, shortened(why, _SAID))
    return visible(join_facts(f"{mark(view.status)} {shortened(view.name)}", *facts))


def in_order(view: RunProgressView) -> list[tuple[str, int]]:
    """Return how many nodes have ended by status, in the order in which statuses are listed."""
    found = dict(view.finished)
    return [(status, found[status]) for status in STATUSES if status in found]


def progress_facts(view: RunProgressView) -> str:
    """Return how many nodes have ended, how long it has taken and how long it will."""
    ended = ", ".join(f"{count} {status}" for status, count in in_order(view))
    nodes = f"{view.done} of {plural(view.nodes, 'node')}"
    return join_facts(f"{nodes}: {ended}" if ended else nodes, duration_text(view.elapsed_s), _left(view))


def _left(view: RunProgressView) -> str:
    if view.status != "running":
        return ""
    if view.left_s is None:
        return f"time left unknown: {plural(view.unknown, 'node')} never ran"
    return f"about {duration_text(view.left_s)} left, as the last time"


def time_text(node: RunningNodeView) -> str:
    """Return how long a node runs, and took the last time: "3.2 s of about 10.0 s"."""
    expected = "" if node.expected_s is None else f" of about {duration_text(node.expected_s)}"
    return f"{duration_text(node.elapsed_s)}{expected}"

"""The story of a run as one HTML page: no script, no network, light and dark, fit for printing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import status_html
from odibi_nb.pictures.dag import counts, dag_svg
from odibi_nb.pictures.markup import Markup, data_uri, tag
from odibi_nb.pictures.style import style_sheet
from odibi_nb.pictures.table import listing_html
from odibi_nb.pictures.text import join_facts
from odibi_nb.story.sections import anchors, changes_html, details_html, failures_html, nodes_html
from odibi_nb.views.story import RunFactsView, StoryView

__all__ = ["commit_text", "page_html", "statuses_text", "story_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_DOORS = {"cell": "from a notebook's cell", "shell": "from a shell", "python": "from Python"}


def story_html(story: StoryView) -> str:
    """Return the whole page."""
    run, places = story.run, anchors(story)
    parts = [_head(story), failures_html(story, places), changes_html(story, places), _graph(story)]
    parts += [nodes_html(story, places), details_html(story, places), _around(story), _foot(run)]
    title = f"{run.title}: {run.status}, {run.when}"
    return page_html(title, parts)


def page_html(title: str, parts: Sequence[str]) -> str:
    """Return a page that can stand alone; parts that are no markup are escaped."""
    head = tag("title", title) + tag("style", Markup(f"{style_sheet()} {_page_sheet()}"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"{head}</head><body>{tag('main', *parts)}</body></html>\n"
    )


def statuses_text(run: RunFactsView) -> str:
    """Return "3 completed, 1 failed"."""
    return counts([status for status, count in run.counts for _ in range(count)])


def commit_text(run: RunFactsView) -> str:
    """Return the commit, and whether the files were others than it says."""
    if run.commit is None:
        return ""
    return run.commit[:12] + (" with changes since" if run.dirty else "")


def _head(story: StoryView) -> Markup:
    run = story.run
    nodes = sum(count for _, count in run.counts)
    line = join_facts(f"{plural(nodes, 'node')}: {statuses_text(run)}", run.time)
    links = [("failures", "What failed")] if run.failed else []
    links += [("changes", "New columns")] if any(node.card.changes for node in story.nodes) else []
    links += [("graph", "Graph")] if story.graph is not None and story.graph.nodes else []
    links += [("nodes", "Nodes"), ("details", "Node by node"), ("around", "Parameters and versions")]
    return tag(
        "header",
        tag("h1", run.title, " ", status_html(run.status)),
        tag("p", line, class_="lead"),
        tag("p", tag("time", run.when, datetime=run.started), f" · {_DOORS.get(run.door, run.door)}"),
        *(tag("p", note, class_="odibi-muted") for note in story.notes),
        tag(
            "nav",
            *(tag("a", text, href=f"#{place}") for place, text in links),
            tag("a", "All runs", href="index.html"),
            aria_label="parts of this page",
        ),
    )


def _graph(story: StoryView) -> Markup:
    graph = story.graph
    if graph is None or not graph.nodes:
        return Markup()
    described = f"graph of {plural(len(graph.nodes), 'node')}; the table below says the same in words"
    image = tag("img", src=data_uri(dag_svg(graph)), alt=described)
    return tag("section", tag("h2", "Graph"), tag("div", image, class_="odibi-scroll graph"), id="graph")


def _around(story: StoryView) -> Markup:
    run = story.run
    facts = [
        ("run", run.id),
        ("file", run.target),
        ("asked for", " ".join([*run.selectors, *(f"--exclude {one}" for one in story.exclude)]) or "everything"),
        ("workers", str(story.workers)),
        ("Git commit", commit_text(run)),
        *story.versions,
    ]
    parts = [listing_html(("about the run", "value"), [fact for fact in facts if fact[1]])]
    if story.parameters:
        parts.insert(0, listing_html(("parameter", "value"), story.parameters))
    return tag("section", tag("h2", "Parameters and versions"), *parts, id="around")


def _foot(run: RunFactsView) -> Markup:
    return tag("footer", tag("p", f"written by odibi_nb · run {run.id}", class_="odibi-muted"))


@cache
def _page_sheet() -> str:
    return " ".join(resources.files(__package__).joinpath("page.css").read_text("utf-8").split())

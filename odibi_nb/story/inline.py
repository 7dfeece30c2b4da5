"""The story of a run in a notebook's output, which many front ends show without its style."""

from __future__ import annotations

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import card_html, status_html
from odibi_nb.pictures.dag import dag_svg
from odibi_nb.pictures.markup import Markup, data_uri, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.text import join_facts
from odibi_nb.story.page import commit_text, statuses_text
from odibi_nb.story.sections import changes_html, failures_html, nodes_html
from odibi_nb.views.story import StoryView

__all__ = ["story_inline"]

_MOST_CARDS = 50


def story_inline(story: StoryView, note: str = "") -> str:
    """Return the story as one output; note: where it comes from."""
    run = story.run
    nodes = plural(sum(count for _, count in run.counts), "node")
    facts = join_facts(f"{nodes}: {statuses_text(run)}", run.time, run.when, run.door, commit_text(run))
    head = tag("div", tag("b", run.title), " ", status_html(run.status), f" · {facts}", class_="odibi-head")
    cards = [card_html(node.card) for node in story.nodes[:_MOST_CARDS] if node.card.status != "cached"]
    folded = [tag("details", tag("summary", "node by node"), *cards)] if cards else []
    parameters = ", ".join(f"{name}={value}" for name, value in story.parameters)
    lines = [f"parameters: {parameters}" if parameters else "", *story.notes, note]
    said = [tag("div", line, class_="odibi-muted") for line in lines if line]
    parts = (failures_html(story, {}), changes_html(story, {}), _graph(story), nodes_html(story, {}))
    return framed(head, *parts, *said, *folded)


def _graph(story: StoryView) -> Markup:
    if story.graph is None or not story.graph.nodes:
        return Markup()
    described = f"graph of {plural(len(story.graph.nodes), 'node')}"
    image = tag("img", src=data_uri(dag_svg(story.graph)), alt=described, style="max-width:100%;height:auto")
    return tag("div", image, class_="odibi-scroll")

"""The page that lists the stories: how long runs took, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import status_html
from odibi_nb.pictures.markup import Markup, data_uri, join, tag
from odibi_nb.pictures.symbols import mark
from odibi_nb.pictures.table import listing_html
from odibi_nb.story.chart import chart_svg
from odibi_nb.story.page import commit_text, page_html, statuses_text
from odibi_nb.story.sources import chart_titles, source_names
from odibi_nb.views.story import RunFactsView

__all__ = ["index_html"]

_MOST_CHARTS, _CHARTED, _NAMED = 5, 60, 3
_COLUMNS = ("when", "pipeline", "file", "status", "time", "nodes", "failed", "commit", "run")
_RIGHT = (False, False, False, False, True)


def index_html(runs: Sequence[RunFactsView]) -> str:
    """Return the page; runs: the latest first."""
    titles, names = chart_titles(runs), source_names(runs)
    charts = [
        _chart(title, [run for run in runs if (run.title, run.target) == pair])
        for pair, title in islice(titles.items(), _MOST_CHARTS)
    ]
    table = listing_html(_COLUMNS, [_row(run, names[run.target]) for run in runs], right_aligned=_RIGHT)
    head = tag("header", tag("h1", "Runs"), tag("p", _summary(runs), class_="lead"))
    return page_html("Runs", [head, *charts, tag("section", tag("h2", "All runs"), table)])


def _summary(runs: Sequence[RunFactsView]) -> str:
    if not runs:
        return "no run yet"
    return f"the last {plural(len(runs), 'run')}; the latest {mark(runs[0].status)}, {runs[0].when}"


def _chart(title: str, runs: Sequence[RunFactsView]) -> Markup:
    shown = list(reversed(runs[:_CHARTED]))
    last = f"{title}: the last {plural(len(shown), 'run')}, the latest {shown[-1].status} in {shown[-1].time}"
    image = tag("img", src=data_uri(chart_svg(shown)), alt=f"{last}; the table below has them all")
    return tag("section", tag("h2", title), tag("div", image, class_="chart"))


def _row(run: RunFactsView, source: str) -> tuple[Markup | str, ...]:
    return (
        tag("time", run.when, datetime=run.started),
        run.title,
        tag("span", source, title=run.target),
        status_html(run.status),
        run.time,
        statuses_text(run),
        ", ".join(run.failed[:_NAMED]) + (f" and {len(run.failed) - _NAMED} more" if len(run.failed) > _NAMED else ""),
        commit_text(run),
        _link(run),
    )


def _link(run: RunFactsView) -> Markup:
    if run.story and not run.removed:
        return tag("a", run.id[:8], href=run.story.replace("\\", "/").rpartition("/")[2])
    return join([run.id[:8], " (story removed)" if run.removed else ""])

"""The parts of a story: what failed, the table of all nodes, and a section for each."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import replace

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import card_body, error_html, fold, status_html
from odibi_nb.pictures.diff import diff_lines
from odibi_nb.pictures.expectation import broken_html
from odibi_nb.pictures.markup import Markup, join, tag
from odibi_nb.pictures.symbols import known
from odibi_nb.pictures.table import listing_html
from odibi_nb.pictures.text import join_facts, row_count
from odibi_nb.story.chart import share_bar, spark
from odibi_nb.views import TableView
from odibi_nb.views.cells import duration_text
from odibi_nb.views.story import StoryNodeView, StoryView

__all__ = ["against_median", "anchors", "changes_html", "details_html", "failures_html", "nodes_html", "rows_text"]

_MOST_DETAILS = 200
_ALL_PREVIEWS_BYTES, _LEAST_PREVIEW_BYTES = 550_000, 2_000
_CELL_BYTES = 32
_COLUMNS = ("node", "status", "rows in", "rows", "time", "share", "earlier", "written to")
_RIGHT = (False, False, True, True, True)
_LOUD = ("failed", "cancelled", "skipped", "running", "pending", "completed", "cached")
_CODE_TITLES = {"sql": "SQL as run", "python": "Python as run", "yaml": "steps"}
_SLOWER, _FASTER, _WORTH_TELLING_S = 1.25, 0.8, 0.25


def anchors(story: StoryView) -> dict[str, str]:
    """Return the name of each node's section in the page; that of the node might not do as one."""
    return {node.card.name: f"node-{number}" for number, node in enumerate(story.nodes, start=1)}


def failures_html(story: StoryView, places: dict[str, str]) -> Markup:
    """Return what has gone wrong, each with its error and the bad rows."""
    parts = []
    for node in story.nodes:
        card = node.card
        wrong = [error_html(card.error)] if card.error is not None else []
        wrong += [broken_html(one) for one in card.expectations if one.sample is not None]
        if card.status == "failed" and wrong:
            link = _linked(card.name, places)
            parts.append(tag("div", tag("h3", status_html("failed"), " ", link), *wrong, class_="odibi-failure"))
    stopped = [node.card.name for node in story.nodes if node.card.status in ("skipped", "cancelled")]
    if parts and stopped:
        links = join((_linked(name, places) for name in stopped), ", ")
        parts.append(tag("p", f"because of that {plural(len(stopped), 'node')} did not run: ", links))
    return tag("section", tag("h2", "What failed"), *parts, id="failures") if parts else Markup()


def changes_html(story: StoryView, places: dict[str, str]) -> Markup:
    """Return whose columns are others than in the last run."""
    items = [
        tag("li", _linked(node.card.name, places), ": ", "; ".join(diff_lines(changes)))
        for node in story.nodes
        if (changes := node.card.changes) is not None
    ]
    heading = tag("h2", "Columns that are others than in the last run")
    return tag("section", heading, tag("ul", *items, class_="odibi-notes"), id="changes") if items else Markup()


def nodes_html(story: StoryView, places: dict[str, str]) -> Markup:
    """Return the table of nodes."""
    rows = [_row(node, places) for node in story.nodes]
    more = tag("p", f"{plural(len(story.cached), 'node')} had their results already: ", ", ".join(story.cached))
    parts = [listing_html(_COLUMNS, rows, right_aligned=_RIGHT), *([more] if story.cached else [])]
    return tag("section", tag("h2", "Nodes"), *parts, id="nodes")


def details_html(story: StoryView, places: dict[str, str]) -> Markup:
    """Return a section for each node; of very many for those that matter most."""
    loudest = sorted(story.nodes, key=lambda node: (_loudness(node), -node.duration_s))[:_MOST_DETAILS]
    told = {node.card.name for node in loudest}
    previews = sum(node.card.preview is not None for node in loudest)
    room = max(_ALL_PREVIEWS_BYTES // max(previews, 1), _LEAST_PREVIEW_BYTES)
    sections = [_detail(node, places, room) for node in story.nodes if node.card.name in told]
    left_out = len(story.nodes) - len(sections)
    note = [tag("p", f"{plural(left_out, 'node')} more: see the table above, and the JSON file beside this page")]
    return tag("section", tag("h2", "Node by node"), *sections, *(note if left_out else []), id="details")


def against_median(node: StoryNodeView) -> str:
    """Say how a node's time compares with that of earlier runs; "" where that isn't worth telling."""
    usual = node.median_s
    if not usual or node.card.status != "completed" or max(usual, node.duration_s) < _WORTH_TELLING_S:
        return ""
    ratio = node.duration_s / usual
    if _FASTER < ratio < _SLOWER:
        return "as usual"
    return f"{ratio:.1f} × the usual {duration_text(usual)}"


def rows_text(rows: int | None) -> str:
    return "" if rows is None else f"{rows:,}"


def _linked(name: str, places: dict[str, str]) -> Markup:
    """Return a name that leads to the node's section, where there is one."""
    return tag("a", name, href=f"#{places[name]}") if name in places else tag("b", name)


def _row(node: StoryNodeView, places: dict[str, str]) -> tuple[Markup | str, ...]:
    card = node.card
    timing = [spark(node.earlier_s, node.duration_s)] if node.earlier_s else []
    said = against_median(node)
    return (
        _linked(card.name, places),
        status_html(card.status),
        rows_text(node.rows_in),
        card.rows,
        duration_text(node.duration_s) if node.duration_s else "",
        share_bar(node.share) if node.share else "",
        join([*timing, tag("span", f" {said}", class_="odibi-muted")] if said else timing),
        card.written.removeprefix("written to "),
    )


def _loudness(node: StoryNodeView) -> int:
    return _LOUD.index(node.card.status) if node.card.status in _LOUD else len(_LOUD)


def _detail(node: StoryNodeView, places: dict[str, str], room: int) -> Markup:
    card = node.card
    facts = join_facts(row_count(card.rows), duration_text(node.duration_s) if node.duration_s else "", card.written)
    head = tag(
        "summary",
        tag("h3", card.name),
        *(" ", status_html(card.status)),
        tag("span", f" {facts}" if facts else "", class_="odibi-muted"),
    )
    # The place is within: a link to it opens what is closed.
    body = tag("div", *_body(node, room), id=places[card.name])
    is_open = "" if card.status == "failed" else None
    return tag(
        "details",
        head,
        body,
        class_=f"odibi-card odibi-{known(card.status)}",
        open=is_open,
        data_node=card.name,
        data_status=card.status,
    )


def _body(node: StoryNodeView, room: int) -> Iterator[str]:
    card = node.card
    read = f"{node.rows_in:,} → {rows_text(node.rows) or '?'} rows" if node.rows_in is not None else ""
    facts = join_facts(node.action, node.reason, read, against_median(node))
    yield tag("p", facts, class_="odibi-muted")
    preview = _within(card.preview, room) if card.preview is not None else None
    yield from card_body(replace(card, preview=preview, code=""))
    if node.parameters:
        yield from fold(plural(len(node.parameters), "parameter"), listing_html(("name", "value"), node.parameters))
    yield from fold(_CODE_TITLES.get(card.language, "code"), tag("pre", card.code) if card.code else None)


def _within(table: TableView, most_bytes: int) -> TableView:
    """Return as much of a preview as there is room for: rows go first, then columns."""
    while _size_bytes(table) > most_bytes:
        if len(table.rows) > 2:
            table = _fewer_rows(table, len(table.rows) // 2)
        elif len(table.columns) > 1:
            table = _fewer_columns(table, len(table.columns) // 2)
        else:
            return _fewer_rows(table, 0)
    return table


def _size_bytes(table: TableView) -> int:
    """Return about how long a table's HTML is; to make it takes many times as long."""
    cells = [cell or "" for row in table.rows for cell in row] + [column.name * 2 for column in table.columns]
    return len(html.escape("".join(cells)).encode("utf-8", "replace")) + _CELL_BYTES * len(cells)


def _fewer_rows(table: TableView, rows: int) -> TableView:
    more = None if table.more_rows is None else table.more_rows + len(table.rows) - rows
    return replace(table, rows=table.rows[:rows], more_rows=more)


def _fewer_columns(table: TableView, columns: int) -> TableView:
    def cut(cells: Sequence[str | None]) -> tuple[str | None, ...]:
        return tuple(cells[:columns])

    return replace(
        table,
        columns=table.columns[:columns],
        rows=tuple(map(cut, table.rows)),
        right_aligned=table.right_aligned[:columns],
        more_columns=table.more_columns + len(table.columns) - columns,
    )

"""The rows of an ad hoc query as HTML and text."""

from __future__ import annotations

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import fold
from odibi_nb.pictures.markup import tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, table_html, table_text
from odibi_nb.pictures.text import join_facts, row_count, visible
from odibi_nb.views import QueryView

__all__ = ["query_html", "query_text"]


def query_html(view: QueryView) -> str:
    """Return the rows as a card, without scripts or network; their types are folded."""
    types = [(column.name, column.type) for column in view.schema]
    parts = [
        tag("div", _facts(view), " ", tag("span", "query", class_="odibi-kind"), class_="odibi-head"),
        tag("ul", *(tag("li", note) for note in view.notes), class_="odibi-notes") if view.notes else "",
        tag("pre", view.plan) if view.plan else "",
        table_html(view.preview) if view.preview else "",
        *fold(plural(len(types), "column"), listing_html(("column", "type"), types) if types else None),
    ]
    return framed(*filter(None, parts))


def query_text(view: QueryView) -> str:
    """Return the rows for terminals and plain-text readers."""
    blocks = [
        visible(join_facts("query", _facts(view))),
        "\n".join(f"note: {visible(note)}" for note in view.notes),
        visible(view.plan.rstrip(), lines=True),
        table_text(view.preview) if view.preview else "",
    ]
    return "\n".join(block for block in blocks if block)


def _facts(view: QueryView) -> str:
    return join_facts(row_count(view.rows), view.time, f"in {view.into}" if view.into else "")

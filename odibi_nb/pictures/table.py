"""Tables as text and HTML: previews of rows, and simple listings."""

from __future__ import annotations

from collections.abc import Sequence

from odibi_nb.exceptions import plural, shortened
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.text import aligned, join_facts, visible
from odibi_nb.views import TableView

__all__ = ["listing_html", "listing_text", "table_html", "table_text"]

_NULL = "NULL"


def table_text(view: TableView) -> str:
    """Return rows as aligned text; a text that reads NULL is quoted, a NULL is not."""
    rows = [[_plain(cell) for cell in row] for row in view.rows]
    lines = aligned([[column.name for column in view.columns], *rows], view.right_aligned, ruled=True)
    return "\n".join(filter(None, [*lines, _remainder(view)]))


def table_html(view: TableView) -> Markup:
    """Return rows as a table; NULL differs from '' and from the text NULL."""
    right = _flags(view.right_aligned, len(view.columns))
    header = [
        tag("th", column.name, title=f"{column.name} {column.type}".rstrip(), class_=_side(flag), scope="col")
        for column, flag in zip(view.columns, right, strict=True)
    ]
    rows = [tag("tr", *map(_cell, row, right)) for row in view.rows]
    remainder = _remainder(view)
    note = tag("div", remainder, class_="odibi-muted") if remainder else Markup()
    return tag("div", _table(header, rows), note, class_="odibi-scroll")


def listing_text(columns: Sequence[str], rows: Sequence[Sequence[str]], *, right_aligned: Sequence[bool] = ()) -> str:
    """Return a simple table as text; right_aligned: one flag a column, the last ones may be left out."""
    short = [[shortened(cell) for cell in row] for row in rows]
    return "\n".join(aligned([columns, *short], right_aligned, ruled=True))


def listing_html(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, right_aligned: Sequence[bool] = ()
) -> Markup:
    """Return a simple table as HTML; cells may be markup. right_aligned: as in `listing_text`."""
    right = _flags(right_aligned, len(columns))
    header = [tag("th", name, class_=_side(flag), scope="col") for name, flag in zip(columns, right, strict=True)]
    lines = [tag("tr", *map(_cell, row, right)) for row in rows]
    return tag("div", _table(header, lines), class_="odibi-scroll")


def _table(header: Sequence[Markup], rows: Sequence[Markup]) -> Markup:
    return tag("table", tag("thead", tag("tr", *header)), tag("tbody", *rows), class_="odibi-table")


def _flags(right_aligned: Sequence[bool], count: int) -> list[bool]:
    return [*right_aligned, *[False] * (count - len(right_aligned))]


def _side(at_right: bool) -> str | None:
    return "odibi-right" if at_right else None


def _cell(text: str | None, at_right: bool) -> Markup:
    if text is None:
        return tag("td", tag("i", _NULL), class_="odibi-null odibi-right" if at_right else "odibi-null")
    shown = text if isinstance(text, Markup) else visible(text)
    return tag("td", shown, class_=_side(at_right))


def _plain(cell: str | None) -> str:
    if cell is None:
        return _NULL
    return f"'{cell}'" if cell == _NULL else cell


def _remainder(view: TableView) -> str:
    """Say what is not shown: "… 1,224 more rows · +34 columns"."""
    if view.more_rows is None:
        rows = "… more rows"
    elif view.more_rows:
        rows = f"… {plural(view.more_rows, 'more row')}"
    else:
        rows = "" if view.rows else "no rows"
    return join_facts(rows, f"+{plural(view.more_columns, 'column')}" if view.more_columns else "")

"""What differs between two results, as HTML and text: a line on columns, a line on rows, small tables of samples."""

from __future__ import annotations

from collections.abc import Iterator

from odibi_nb.exceptions import plural, shortened
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import table_html, table_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.views import ColumnView, DiffView, TableView

__all__ = ["changes_html", "changes_text", "diff_html", "diff_lines", "diff_text"]

_MOST_COLUMNS = 8


def diff_text(view: DiffView) -> str:
    """Return the whole comparison for terminals and plain-text readers."""
    samples = (f"\n{title}\n{table_text(table)}" for title, table in _samples(view))
    return "\n".join([visible(_title(view)), *map(visible, diff_lines(view)), *samples])


def diff_html(view: DiffView) -> str:
    """Return the whole comparison, without scripts or network."""
    head = tag("div", tag("b", _title(view)), class_="odibi-head")
    samples = (tag("div", tag("b", title), table_html(table)) for title, table in _samples(view))
    return framed(head, _listed(view), *samples)


def changes_text(view: DiffView) -> str:
    """Return what a card says of it."""
    return "\n".join([f"since {visible(view.against)}:", *(f"  {visible(line)}" for line in diff_lines(view))])


def changes_html(view: DiffView) -> Markup:
    """Return what a card says of it, the samples folded."""
    samples = [tag("div", title, table_html(table)) for title, table in _samples(view)]
    folded = [tag("details", tag("summary", "rows that differ"), *samples)] if samples else []
    head = tag("span", f"since {view.against}", class_="odibi-muted")
    return tag("div", head, _listed(view), *folded, class_="odibi-changes")


def _listed(view: DiffView) -> Markup:
    return tag("ul", *(tag("li", line) for line in diff_lines(view)), class_="odibi-notes")


def _title(view: DiffView) -> str:
    return f"{view.name} against {view.against}"


def diff_lines(view: DiffView) -> Iterator[str]:
    """Yield columns, rows, and what else there is to say; one line if nothing differs."""
    if columns := _columns(view):
        yield f"columns: {columns}"
    if rows := _rows(view):
        yield f"rows: {rows}"
    if view.reason:
        yield view.reason
    elif not view.differs:
        yield f"no difference: the same columns and {plural(view.rows_after or 0, 'row')}"
    yield from view.notes


def _columns(view: DiffView) -> str:
    facts = [f"+ {_named(column)}" for column in view.columns_added]
    facts += [f"− {_named(column)}" for column in view.columns_removed]
    facts += [_retyped(old, new) for old, new in view.columns_changed]
    more = [f"and {len(facts) - _MOST_COLUMNS} more"] if len(facts) > _MOST_COLUMNS else []
    return join_facts(*facts[:_MOST_COLUMNS], *more, "in another order" if view.reordered else "")


def _named(column: ColumnView) -> str:
    return f"{column.name} {shortened(column.type, 40)}"


def _retyped(old: ColumnView, new: ColumnView) -> str:
    if old.type == new.type:
        return f"{old.name} → {new.name}"
    return f"{_named(old)} → {shortened(new.type, 40) if old.name == new.name else _named(new)}"


def _rows(view: DiffView) -> str:
    if not view.compared:
        known = view.rows_before is not None or view.rows_after is not None
        return f"{_count(view.rows_before)} → {_count(view.rows_after)}" if known else ""
    if not (view.added or view.removed or view.changed):
        return f"{_count(view.rows_after)}, all the same" if view.differs else ""
    return join_facts(
        f"{_count(view.rows_before)} → {_count(view.rows_after)}",
        f"{view.added:,} added" if view.added else "",
        f"{view.removed:,} removed" if view.removed else "",
        f"{view.changed:,} changed ({_changed_columns(view)})" if view.changed else "",
        f"by {', '.join(view.key)}" if view.key else "compared as wholes",
    )


def _changed_columns(view: DiffView) -> str:
    most = sorted(view.changed_columns, key=lambda column: -column[1])
    more = [f"and {len(most) - _MOST_COLUMNS} more columns"] if len(most) > _MOST_COLUMNS else []
    return ", ".join([*(f"{name} {count:,}" for name, count in most[:_MOST_COLUMNS]), *more])


def _count(rows: int | None) -> str:
    return "?" if rows is None else f"{rows:,}"


def _samples(view: DiffView) -> Iterator[tuple[str, TableView]]:
    tables = (
        ("changed rows", view.changed_cells),
        ("added rows", view.added_rows),
        ("removed rows", view.removed_rows),
    )
    yield from ((title, table) for title, table in tables if table is not None)

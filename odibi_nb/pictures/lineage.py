"""A lineage as text and HTML: two trees, up to files and down to targets, or one line a column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from odibi_nb.exceptions import plural
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.views import LineageColumnView, LineageView

__all__ = ["lineage_html", "lineage_text"]

_PLACES = frozenset({"read", "write", "file"})
_HEADER = ("column", "comes from", "goes to")
_CONSTANT = "no column: a constant, or a count of rows"
_MOST_LINES = 200

_Neighbours: TypeAlias = dict[int, list[tuple[int, bool]]]
"""For each position the ones next to it, with whether they are but likely."""

_Remarks: TypeAlias = Callable[[LineageColumnView], tuple[str, ...]]


class _Line(NamedTuple):
    """A line of a tree; depth: 1 for the columns next to the one asked for."""

    depth: int
    text: str
    remarks: tuple[str, ...] = ()


def lineage_text(view: LineageView) -> str:
    """Return the lineage for terminals and logs."""
    blocks = [_head(view), _note(view)]
    if not view.column:
        rows, reasons = _listing(view)
        table = [listing_text(_HEADER, rows)] if rows else []
        return "\n".join([*(visible(block) for block in blocks if block), *table, *map(visible, reasons)])
    for title, lines in _trees(view):
        blocks += [title, *(text for line in lines for text in _indented(line))]
    return "\n".join(visible(block) for block in blocks if block)


def lineage_html(view: LineageView) -> str:
    """Return the lineage, without scripts or network."""
    head = tag("div", tag("b", _head(view), class_="odibi-name"), class_="odibi-head")
    note = [tag("div", _note(view), class_="odibi-muted")] if view.note else []
    if not view.column:
        rows, reasons = _listing(view)
        table = [listing_html(_HEADER, rows)] if rows else []
        return framed(head, *note, *table, *(tag("div", reason, class_="odibi-muted") for reason in reasons))
    trees = ((tag("div", title, class_="odibi-muted"), _nested(lines)) for title, lines in _trees(view))
    return framed(head, *note, *(part for tree in trees for part in tree))


def _head(view: LineageView) -> str:
    if view.column:
        return join_facts(f"{view.node}.{view.column}", view.kind)
    return join_facts(view.node, view.kind, plural(len(view.asked), "column"))


def _note(view: LineageView) -> str:
    known = "not all columns are known yet" if view.asked else "no column is known yet"
    return f"{known}: {view.note}" if view.note else ""


def _trees(view: LineageView) -> list[tuple[str, list[_Line]]]:
    """Return both trees with their titles."""
    above, below = _neighbours(view)
    asked = view.columns[view.asked[0]]
    up = [*(_Line(1, remark) for remark in _whence(asked)), *_tree(view, above, _whence)]
    down = [*_tree(view, below, _whither), *(_Line(1, remark) for remark in _whither(asked))]
    return [("comes from", up), ("goes to", down or [_Line(1, "nothing")])]


def _tree(view: LineageView, neighbours: _Neighbours, remarks: _Remarks) -> list[_Line]:
    """Return the columns in one direction, each with what is behind it where it is met first."""
    lines, shown = list[_Line](), {view.asked[0]}
    waiting = [(1, *each) for each in reversed(neighbours[view.asked[0]])]
    while waiting:
        if len(lines) == _MOST_LINES:
            return [*lines, _Line(1, "… and more")]
        depth, position, likely = waiting.pop()
        column = view.columns[position]
        text = f"{'likely ' if likely else ''}{_label(column)}"
        if position in shown:
            lines.append(_Line(depth, f"{text} (as above)" if neighbours[position] else text))
            continue
        shown.add(position)
        lines.append(_Line(depth, join_facts(text, column.kind), remarks(column)))
        waiting += [(depth + 1, *each) for each in reversed(neighbours[position])]
    return lines


def _neighbours(view: LineageView) -> tuple[_Neighbours, _Neighbours]:
    """Return for each column those above it and those below it, with whether they are but likely."""
    above: _Neighbours = {position: [] for position in range(len(view.columns))}
    below: _Neighbours = {position: [] for position in range(len(view.columns))}
    for edge in view.edges:
        above[edge.downstream].append((edge.upstream, edge.likely))
        below[edge.upstream].append((edge.downstream, edge.likely))
    return above, below


def _whence(column: LineageColumnView) -> tuple[str, ...]:
    return (_CONSTANT,) if column.constant else tuple(f"? {reason}" for reason in column.unknown)


def _whither(column: LineageColumnView) -> tuple[str, ...]:
    return tuple(f"? {reason}" for reason in column.unseen)


def _label(column: LineageColumnView) -> str:
    if column.kind in _PLACES:
        return f"{column.column} in {column.owner}"
    return f"{column.owner}.{column.column}"


def _indented(line: _Line) -> list[str]:
    indent = "  " * line.depth
    return [f"{indent}{line.text}", *(f"{indent}  {remark}" for remark in line.remarks)]


def _nested(lines: Sequence[_Line]) -> Markup:
    """Return a tree as lists in lists, made from its last line upwards."""
    levels: dict[int, list[Markup]] = {}
    for line in reversed(lines):
        remarks = (tag("div", remark, class_="odibi-muted") for remark in line.remarks)
        item = tag("li", line.text, *remarks, _list(levels.pop(line.depth + 1, [])))
        levels.setdefault(line.depth, []).append(item)
    return _list(levels.get(1, []))


def _list(items: Sequence[Markup]) -> Markup:
    """Return items, the last one first, as a list."""
    return tag("ul", *reversed(items), class_="odibi-notes") if items else Markup()


def _listing(view: LineageView) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Return a row for each column asked for, and below them the reasons for their question marks."""
    above, below = _neighbours(view)
    reasons: dict[str, str] = {}
    rows = []
    for position in view.asked:
        column = view.columns[position]
        whence = [*_listed(view, above[position]), *_marks(column.unknown, reasons)]
        whither = [*_listed(view, below[position]), *_marks(column.unseen, reasons)]
        rows.append((column.column, _CONSTANT if column.constant else ", ".join(whence), ", ".join(whither)))
    return rows, [f"{mark} {reason}" for reason, mark in reasons.items()]


def _marks(reasons: Iterable[str], known: dict[str, str]) -> list[str]:
    """Return "?1", "?2" for reasons, the same mark for the same one."""
    return [known.setdefault(reason, f"?{len(known) + 1}") for reason in reasons]


def _listed(view: LineageView, neighbours: Iterable[tuple[int, bool]]) -> list[str]:
    return [f"{'likely ' if likely else ''}{_label(view.columns[position])}" for position, likely in neighbours]

"""SQL in lines: each clause begins one, and what doesn't fit is broken at commas, brackets, AND and OR.

Only white space and the case of reserved words change, so that nothing depends on how well the text is understood.
"""

from __future__ import annotations

from collections.abc import Sequence

from odibi_nb.sql.clauses import Clause, Item, clauses, is_query, items, parts
from odibi_nb.sql.pieces import Group, Node, Piece, is_hard, key_of

__all__ = ["laid_out"]

_WIDTH = 100
_STEP = 4
_CONDITIONS = frozenset({"AND", "OR"})
_COMPARISONS = frozenset({"=", "==", "<", ">", "<=", ">=", "<>", "!=", "||"})
_LISTS = frozenset({"SELECT", "GROUP", "ORDER", "VALUES", "WINDOW"})


def laid_out(nodes: list[Node]) -> str:
    """Return statements in lines; a semicolon ends each but perhaps the last."""
    lines: list[str] = []
    statement: list[Node] = []
    has_room = False
    for node in nodes:
        if isinstance(node, Piece) and node.key == ";":
            # A comment before the semicolon goes behind it; then there is no room for another one.
            has_room = not (statement and is_hard(statement[-1]))
            lines += _block(statement, 0, end=";")
            statement = []
        elif isinstance(node, Piece) and is_hard(node) and not statement and has_room and not node.own_line:
            lines[-1] += f" {node.text}"
            has_room = False
        else:
            statement.append(node)
    return "\n".join([*lines, *(_block(statement, 0) if statement else [])])


def _block(nodes: list[Node], indent: int, *, end: str = "") -> list[str]:
    """Return a query's lines; end: what stands behind its last word, before a comment."""
    found = clauses(nodes)
    lines: list[str] = []
    for clause in found:
        lines += [" " * indent + comment.text for comment in clause.leading]
        tail = end if clause is found[-1] else ""
        lines += _with_comments(_clause(clause, indent, tail), clause.trailing, indent)
    return lines if found else [" " * indent + end]


def _clause(clause: Clause, indent: int, end: str) -> list[str]:
    pad, opening = " " * indent, _flat(clause.words) or ""
    flat = _flat(clause.nodes)
    if flat is not None and indent + len(opening) + 1 + len(flat + end) <= _WIDTH:
        return [f"{pad}{opening} {flat}".rstrip() + end] if opening else [pad + flat + end]
    key = key_of(clause.words, 0)
    listed = items(clause.nodes)
    if key in _LISTS and (len(listed) > 1 or listed[0].leading):
        return [pad + opening, *_items(listed, indent + _STEP, end)]
    if len(listed) > 1:
        return _hanging(pad + opening, listed, indent, end)
    return _conditions(pad + opening, clause.nodes, indent, end)


def _conditions(opening: str, nodes: list[Node], indent: int, end: str) -> list[str]:
    """Return nodes behind what opens them, each AND and OR in a line of its own."""
    first, *rest = parts(nodes, _CONDITIONS)
    lines = _written(opening + " " * bool(opening.strip()), first, indent)
    for part in rest:
        lines += _written(" " * (indent + _STEP), part, indent + _STEP)
    return [*lines[:-1], lines[-1] + end]


def _hanging(opening: str, listed: Sequence[Item], indent: int, end: str) -> list[str]:
    first, *rest = listed
    lines = [" " * indent + comment.text for comment in first.leading]
    item = Item(first.nodes, [], first.trailing, first.comma)
    lines += _with_comments(_conditions(opening, item.nodes, indent, ","), item.trailing, indent)
    return [*lines, *_items(rest, indent, end)]


def _items(listed: Sequence[Item], indent: int, end: str = "") -> list[str]:
    """Return a list's lines, one item after the other."""
    lines: list[str] = []
    pad = " " * indent
    for item in listed:
        lines += [pad + comment.text for comment in item.leading]
        tail = ("," if item.comma else "") + (end if item is listed[-1] else "")
        if item.nodes or tail:
            lines += _conditions(pad, item.nodes, indent, tail) if item.nodes else [pad + tail]
        lines = _with_comments(lines, item.trailing, indent)
    return lines


def _with_comments(lines: list[str], comments: Sequence[Piece], indent: int) -> list[str]:
    """Put comments behind the last line: the first in it, unless it had a line of its own."""
    for at, comment in enumerate(comments):
        if lines and at == 0 and not comment.own_line:
            lines[-1] += f" {comment.text}"
        else:
            lines.append(" " * indent + comment.text)
    return lines


def _written(opening: str, nodes: list[Node], indent: int) -> list[str]:
    """Return nodes behind an opening, in one line as far as they fit; indent: of that line."""
    lines = [opening]
    before: Node | None = None
    breaks = False
    for node in nodes:
        is_below = isinstance(node, Piece) and is_hard(node) and node.own_line and lines[-1].strip()
        if breaks or is_below:
            lines[-1] = lines[-1].rstrip()
            lines.append(" " * (indent + _STEP))
        elif before is not None and (_is_spaced(before, node) or is_hard(node)):
            lines[-1] += " "
        first, *rest = _node(node, indent, len(lines[-1]))
        lines[-1] += first
        lines += rest
        before, breaks = node, is_hard(node)
    return lines


def _node(node: Node, indent: int, column: int) -> list[str]:
    if isinstance(node, Piece):
        return [node.text]
    flat = _flat([node])
    return [flat] if flat is not None and column + len(flat) <= _WIDTH else _group(node, indent)


def _group(node: Group, indent: int) -> list[str]:
    """Return the lines of a group that doesn't fit into one."""
    inner, pad = indent + _STEP, " " * indent
    if node.open.key == "CASE":
        head, *branches = parts(node.nodes, frozenset({"WHEN", "ELSE"}))
        if key_of(head, 0) == "WHEN":
            head, branches = [], [head, *branches]
        lines = _written("CASE ", head, indent) if head else ["CASE"]
        for branch in branches:
            lines += _written(" " * inner, branch, inner)
        return [*lines, f"{pad}END"]
    inside = _block(node.nodes, inner) if is_query(node.nodes) else _items(items(node.nodes), inner)
    return [node.open.text, *inside, pad + node.close.text]


def _flat(nodes: Sequence[Node]) -> str | None:
    """Return nodes in one line; None where a comment or a literal has to end one."""
    text = ""
    last: Node | None = None
    for node in nodes:
        if is_hard(node):
            return None
        if isinstance(node, Group):
            inside = _flat(node.nodes)
            if inside is None:
                return None
            blank = " " if node.open.key == "CASE" else ""
            written = f"{node.open.text}{blank}{inside}{blank}{node.close.text}"
        else:
            written = node.text
        if "\n" in written:
            return None
        text += (" " if last is not None and _is_spaced(last, node) else "") + written
        last = node
    return text


def _is_spaced(before: Node, after: Node) -> bool:
    """Tell whether a blank stands between two neighbours."""
    last = before.close if isinstance(before, Group) else before
    first = after.open if isinstance(after, Group) else after
    if first.key in {",", ";"}:
        return False
    if last.key == "," or last.key in _COMPARISONS or first.key in _COMPARISONS:
        return True
    if first.kind == "word" and (isinstance(before, Group) or last.kind in {"text", "name"}):
        return True
    return first.spaced

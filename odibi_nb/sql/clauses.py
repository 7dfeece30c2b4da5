"""A query's nodes as clauses, and a clause's as items: where a line may begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from odibi_nb.sql.outline import QUERY_WORDS
from odibi_nb.sql.pieces import Group, Node, Piece, is_comment, is_hard, key_of

__all__ = ["Clause", "Item", "clauses", "is_query", "items", "parts"]

_ALONE = frozenset({"WHERE", "HAVING", "QUALIFY", "WINDOW", "LIMIT", "OFFSET"})
_PIVOTS = frozenset({"PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER"})
_SETS = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_AFTER_SETS = frozenset({"ALL", "DISTINCT", "BY", "NAME"})
_KINDS_OF_JOIN = frozenset(
    ("NATURAL", "ASOF", "POSITIONAL", "CROSS", "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "SEMI", "ANTI")
)


@dataclass(slots=True)
class Clause:
    """Its opening words, and what follows; leading: the comments above it, trailing: those behind it."""

    words: list[Node]
    nodes: list[Node] = field(default_factory=list)
    leading: list[Piece] = field(default_factory=list)
    trailing: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """What stands between two commas, and the comments above it and behind it."""

    nodes: list[Node] = field(default_factory=list)
    leading: list[Piece] = field(default_factory=list)
    trailing: list[Piece] = field(default_factory=list)
    comma: bool = False


def is_query(nodes: Sequence[Node]) -> bool:
    """Tell whether a query stands here, after comments."""
    first = next((node for node in nodes if not is_comment(node)), None)
    return isinstance(first, Piece) and first.key in QUERY_WORDS


def clauses(nodes: list[Node]) -> list[Clause]:
    """Split a statement or subquery at the words that open its clauses."""
    first = next((node.key for node in nodes if isinstance(node, Piece) and not is_comment(node)), "")
    found = [Clause([])]
    at = 0
    while at < len(nodes):
        if length := _opening(nodes, at, first):
            found.append(Clause(nodes[at : at + length], leading=_own_lines(found[-1].nodes)))
        else:
            found[-1].nodes.append(nodes[at])
        at += length or 1
    opening = found[0]
    opening.leading = [node for node in takewhile(is_comment, opening.nodes) if isinstance(node, Piece)]
    del opening.nodes[: len(opening.leading)]
    for clause in found:
        clause.trailing = _hard_end(clause.nodes)
    return [clause for clause in found if clause.words or clause.nodes or clause.leading or clause.trailing]


def items(nodes: list[Node]) -> list[Item]:
    """Split a list at its commas; a comment behind a comma belongs to what stands before it."""
    found = [Item()]
    for node in nodes:
        last = found[-1]
        if isinstance(node, Piece) and node.key == ",":
            last.comma = True
            found.append(Item())
        elif isinstance(node, Piece) and is_hard(node) and not last.nodes:
            is_behind = len(found) > 1 and not last.leading and not node.own_line
            (found[-2].trailing if is_behind else last.leading).append(node)
        else:
            last.nodes.append(node)
    for item in found:
        item.trailing = [*_hard_end(item.nodes), *item.trailing]
    if not found[-1].nodes and not found[-1].leading:
        found.pop()
    return found


def parts(nodes: list[Node], words: frozenset[str]) -> list[list[Node]]:
    """Split before each of some words; the AND of a BETWEEN and the OR of OR REPLACE don't count."""
    found: list[list[Node]] = [[]]
    between = False
    for at, node in enumerate(nodes):
        key = key_of(nodes, at)
        is_other = (between and key == "AND") or (key == "OR" and key_of(nodes, at + 1) == "REPLACE")
        if key in words and not is_other:
            found.append([])
        between = key == "BETWEEN" or (between and key != "AND")
        found[-1].append(node)
    return [part for part in found if part]


def _opening(nodes: list[Node], at: int, first: str) -> int:
    """Return how many nodes from an index on open a clause; 0 where none does."""
    node = nodes[at]
    if isinstance(node, Group) or is_comment(node) or _is_label(nodes, at, first):
        return 0
    key, following = node.key, key_of(nodes, at + 1)
    if key == "SELECT":
        return _select(nodes, at)
    if key in _SETS:
        return _set_operation(nodes, at)
    if (key in {"GROUP", "ORDER"} and following == "BY") or (key == "USING" and following == "SAMPLE"):
        return 2
    if key == "WITH" and (key == first or key_of(nodes, at - 1) in {"TABLE", "ANALYZE", "EXPLAIN"}):
        return 2 if following == "RECURSIVE" else 1
    is_one = (
        key in _ALONE
        or (key == "FROM" and key_of(nodes, at - 1) != "DISTINCT")
        or (key == "VALUES" and following == "(")
        or (key in _PIVOTS and key == first)
        or (first in _PIVOTS and key in {"ON", "USING", "INTO"})
    )
    return 1 if is_one else _join(nodes, at)


def _is_label(nodes: list[Node], at: int, first: str) -> bool:
    """Tell whether a word is a name, whichever word it is; a query follows the AS of CREATE."""
    before = next((key_of(nodes, index) for index in range(at - 1, -1, -1) if not is_comment(nodes[index])), "")
    return before == "." or (before == "AS" and first != "CREATE")


def _select(nodes: list[Node], at: int) -> int:
    if key_of(nodes, at + 1) not in {"DISTINCT", "ALL"}:
        return 1
    return 4 if key_of(nodes, at + 2) == "ON" and key_of(nodes, at + 3) == "(" else 2


def _set_operation(nodes: list[Node], at: int) -> int:
    end = at + 1
    while key_of(nodes, end) in _AFTER_SETS:
        end += 1
    after = nodes[end] if end < len(nodes) else None
    opens = is_query(after.nodes) if isinstance(after, Group) else key_of(nodes, end) in QUERY_WORDS
    return end - at if opens or (after is not None and is_comment(after)) else 0


def _join(nodes: list[Node], at: int) -> int:
    end = at
    while key_of(nodes, end) in _KINDS_OF_JOIN:
        end += 1
    return end - at + 1 if key_of(nodes, end) == "JOIN" else 0


def _own_lines(nodes: list[Node]) -> list[Piece]:
    """Take the comments with lines of their own off the end of a clause: they are about the next one."""
    return _taken(nodes, lambda node: isinstance(node, Piece) and is_comment(node) and node.own_line)


def _hard_end(nodes: list[Node]) -> list[Piece]:
    return _taken(nodes, is_hard)


def _taken(nodes: list[Node], is_meant: Callable[[Node], bool]) -> list[Piece]:
    taken = [node for node in takewhile(is_meant, reversed(nodes)) if isinstance(node, Piece)]
    del nodes[len(nodes) - len(taken) :]
    return taken[::-1]

"""Which words of SQL are written in capitals: those that can't be anybody's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from odibi_nb.sql.pieces import Piece

__all__ = ["CAPITALS", "with_capitals"]

_RESERVED = frozenset(
    ("ALL", "AND", "ANY", "AS", "ASC", "CASE", "CREATE", "DESC", "DESCRIBE", "DISTINCT", "ELSE", "END", "EXCEPT",
     "FALSE", "FOR", "FROM", "GROUP", "HAVING", "ILIKE", "IN", "INTERSECT", "INTO", "IS", "LATERAL", "LIKE", "LIMIT",
     "NOT", "NULL", "OFFSET", "ON", "OR", "ORDER", "PIVOT", "QUALIFY", "SELECT", "SUMMARIZE", "TABLE", "THEN", "TRUE",
     "UNION", "UNPIVOT", "USING", "WHEN", "WHERE", "WINDOW", "WITH")
)  # fmt: skip
_JOINS = ("NATURAL", "ASOF", "POSITIONAL", "CROSS", "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "SEMI", "ANTI")
_BEFORE_JOIN = frozenset(("JOIN", *_JOINS))
_CREATED = frozenset({"CREATE", "REPLACE", "TEMP", "TEMPORARY"})
# The others are reserved only behind or before certain words: (behind, before), None where any will do.
_IN_PLACE: dict[str, tuple[frozenset[str] | None, frozenset[str] | None]] = {
    **dict.fromkeys(_JOINS, (None, _BEFORE_JOIN)),
    "JOIN": (None, None),
    "BY": (frozenset({"GROUP", "ORDER", "PARTITION", "UNION", "ALL", "EXCEPT", "INTERSECT"}), None),
    "PARTITION": (frozenset({"("}), frozenset({"BY"})),
    "OVER": (frozenset({")"}), None),
    "FILTER": (frozenset({")"}), frozenset({"("})),
    "EXCLUDE": (frozenset({"*"}), None),
    "REPLACE": (frozenset({"*", ")", "OR"}), None),
    "NULLS": (None, frozenset({"FIRST", "LAST"})),
    "FIRST": (frozenset({"NULLS"}), None),
    "LAST": (frozenset({"NULLS"}), None),
    "MATERIALIZED": (frozenset({"AS", "NOT"}), frozenset({"("})),
    "RECURSIVE": (frozenset({"WITH"}), None),
    "SAMPLE": (frozenset({"USING"}), None),
    "VALUES": (frozenset({"", "(", ";", "ALL", "TABLE"}), frozenset({"("})),
    "EXPLAIN": (frozenset({"", ";"}), None),
    "MACRO": (_CREATED, None),
    "TEMP": (_CREATED, frozenset({"MACRO"})),
    "TEMPORARY": (_CREATED, frozenset({"MACRO"})),
}
CAPITALS = _RESERVED | {*_IN_PLACE, "BETWEEN", "NAME"}
_BEFORE_BY_NAME = frozenset({"UNION", "ALL"})
_NAMED_BY = frozenset({":", ":="})
_BEFORE_NAMES = frozenset({"SELECT", "DISTINCT", ",", "BY", "("})
_BEFORE_STARS = _BEFORE_NAMES | {"ALL", "."}


def with_capitals(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield pieces with the words in capitals that are no names where they stand."""
    all_pieces = list(pieces)
    code = [piece for piece in all_pieces if piece.kind != "comment"]
    keys = ["", "", *(piece.key for piece in code), ""]
    at = 0
    for piece in all_pieces:
        if piece.kind == "comment":
            yield piece
            continue
        at += 1
        is_word = piece.kind == "word" and _is_reserved(piece.key, (keys[at - 1], keys[at]), keys[at + 2])
        yield replace(piece, text=piece.key) if is_word else piece


def _is_reserved(key: str, two_before: tuple[str, str], after: str) -> bool:
    second, before = two_before
    # A label may be any word: `t.end`, `1 AS desc`, `{from: 1}`; but a macro is `AS TABLE`, a CTE `AS MATERIALIZED`.
    is_label = before == "." or after in _NAMED_BY or (before == "AS" and key not in {"TABLE", "NOT", "MATERIALIZED"})
    if is_label or key not in CAPITALS:
        return False
    if key in _RESERVED:
        return True
    if key == "NAME":
        return before == "BY" and second in _BEFORE_BY_NAME
    if before == "*" and second not in _BEFORE_STARS:  # `a * exclude` multiplies
        return key in _RESERVED
    if key == "BETWEEN":
        return before not in _BEFORE_NAMES
    behind, ahead = _IN_PLACE[key]
    return (behind is None or before in behind) and (ahead is None or after in ahead)

"""Which columns a query sets equal: those that its joins go by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from odibi_nb.sql.tokens import Token, name_of, tokenize

__all__ = ["JoinedColumn", "equated_columns", "joined_columns"]

_EQUALS = (".", "=", ".")
# Words that may come after a table's name where it has no alias.
_AFTER_TABLE = frozenset(
    {"ANTI", "ASOF", "CROSS", "EXCEPT", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT", "JOIN", "LEFT", "LIMIT"}
    | {"NATURAL", "ON", "ORDER", "POSITIONAL", "QUALIFY", "RIGHT", "SELECT", "SEMI", "TABLESAMPLE", "UNION", "USING"}
    | {"WHERE", "WINDOW"}
)


class JoinedColumn(NamedTuple):
    """A column that a query sets equal to another one; table: None where it can't be told."""

    table: str | None
    name: str


def equated_columns(text: str) -> list[tuple[str, str]]:
    """Return the names in every `a.x = b.y` and `USING (x)` of a query, once each, in order.

    Which table they belong to isn't looked into: the name is enough to find it among a node's inputs.
    """
    tokens = tokenize(text)
    return list(dict.fromkeys([*_compared(tokens), *_used(tokens)]))


def joined_columns(text: str, tables: Collection[str]) -> list[tuple[JoinedColumn, JoinedColumn]]:
    """Return the same with the table that each belongs to, as far as it is one of `tables`, by its name or alias.

    What compares two columns of one table is no join.
    """
    tokens = tokenize(text)
    named = _aliases(tokens, tables)

    def column(table: Token, name: Token) -> JoinedColumn:
        return JoinedColumn(named.get(name_of(table).casefold()), name_of(name))

    joins = [one for one in _comparisons(tokens) if name_of(one[0]).casefold() != name_of(one[4]).casefold()]
    compared = [(column(one[0], one[2]), column(one[4], one[6])) for one in joins]
    used = [(JoinedColumn(None, left), JoinedColumn(None, right)) for left, right in _used(tokens)]
    return list(dict.fromkeys([*compared, *used]))


def _aliases(tokens: Sequence[Token], tables: Collection[str]) -> Mapping[str, str]:
    """Return the tables by the names, in lower case, that columns may have before them."""
    known = {table.casefold(): table for table in tables}
    found = dict(known)
    for at, token in enumerate(tokens):
        table = known.get(name_of(token).casefold()) if _is_name(token) else None
        after = [one for one in tokens[at + 1 : at + 3] if one.key != "AS"][:1]
        if table is not None and after and _is_name(after[0]) and after[0].key not in _AFTER_TABLE:
            found.setdefault(name_of(after[0]).casefold(), table)
    return found


def _compared(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    return ((name_of(one[2]), name_of(one[6])) for one in _comparisons(tokens))


def _comparisons(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the tokens of every `a.x = b.y`."""
    for at in range(len(tokens) - 6):
        window = tokens[at : at + 7]
        if tuple(token.key for token in window[1::2]) == _EQUALS and all(map(_is_name, window[::2])):
            yield window


def _used(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for at, token in enumerate(tokens[:-1]):
        if token.key == "USING" and tokens[at + 1].key == "(":
            listed = takewhile(lambda one: one.key != ")", tokens[at + 2 :])
            yield from ((name_of(one), name_of(one)) for one in listed if _is_name(one))


def _is_name(token: Token) -> bool:
    return token.kind in ("word", "name")

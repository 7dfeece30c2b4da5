"""Which columns a query sets equal: those that its joins go by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from odibi_nb.sql.tokens import Token, name_of, tokenize

__all__ = ["equated_columns"]

_EQUALS = (".", "=", ".")


def equated_columns(text: str) -> list[tuple[str, str]]:
    """Return the names in every `a.x = b.y` and `USING (x)` of a query, once each, in order.

    Which table they belong to isn't looked into: the name is enough to find it among a node's inputs.
    """
    tokens = tokenize(text)
    return list(dict.fromkeys([*_compared(tokens), *_used(tokens)]))


def _compared(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for at in range(len(tokens) - 6):
        window = tokens[at : at + 7]
        if tuple(token.key for token in window[1::2]) == _EQUALS and all(map(_is_name, window[::2])):
            yield name_of(window[2]), name_of(window[6])


def _used(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for at, token in enumerate(tokens[:-1]):
        if token.key == "USING" and tokens[at + 1].key == "(":
            listed = takewhile(lambda one: one.key != ")", tokens[at + 2 :])
            yield from ((name_of(one), name_of(one)) for one in listed if _is_name(one))


def _is_name(token: Token) -> bool:
    return token.kind in ("word", "name")

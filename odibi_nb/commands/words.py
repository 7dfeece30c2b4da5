"""Expressions of words, as pytest's -k takes them: `sums and not (slow or by_day)`."""

from __future__ import annotations

import re

from odibi_nb.exceptions import UsageError

__all__ = ["matches"]

_TOKEN = re.compile(r"[()]|[^\s()]+")
_OPERATORS = ("and", "or", "not", "(", ")")


def matches(expression: str, text: str) -> bool:
    """Tell whether `text` holds the words as the expression asks; case doesn't count. Raises UsageError."""
    tokens = _TOKEN.findall(expression)
    reading = _Reading(tokens, text.casefold())
    found = reading.either()
    if tokens:
        raise _unreadable(f"'{tokens[0]}' comes after its end")
    return found


class _Reading:
    """Takes tokens off the front of a list and says what they mean for a text."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self._tokens, self._text = tokens, text

    def either(self) -> bool:
        found = self._both()
        while self._take("or"):
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._take("and"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._take("not"):
            return not self._one()
        if self._take("("):
            found = self.either()
            if not self._take(")"):
                raise _unreadable("a ( is opened but not closed")
            return found
        if not self._tokens or self._tokens[0] in _OPERATORS:
            raise _unreadable("a word is missing")
        return self._tokens.pop(0).casefold() in self._text

    def _take(self, token: str) -> bool:
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True


def _unreadable(why: str) -> UsageError:
    return UsageError(f"the expression of -k can't be read: {why}", hint="for instance: -k 'sums and not slow'")

"""SQL text as tokens, with DuckDB's rules for quotes, comments and parameters."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Token", "comment_end", "name_of", "position", "text_of", "tokenize"]


class Token(NamedTuple):
    """One token; comments and white space are none.

    kind: word, name (in double quotes), text (a literal), parameter, number or op.
    start, end: offsets in the SQL text. key: the upper-cased word, or the operator; "" for the rest.
    """

    kind: str
    text: str
    start: int
    end: int
    key: str


# An unclosed quote runs to the end of the text: DuckDB's parser is the one to complain about it.
_TOKEN = re.compile(
    r"""
    \s*
    (?:(?P<skip>--[^\r\n]*)
    |(?P<comment>/\*)
    |(?P<text>[eE]'(?:[^'\\]|\\.|'')*'?|[xXbBnN]?'(?:[^']|'')*'?|(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=tag)|\Z))
    |(?P<word>[^\W\d][\w$]*)
    |(?P<name>"(?:[^"]|"")*"?)
    |(?P<parameter>\$\w+|\?)
    |(?P<number>\.?\d[\w.]*)
    |(?P<op>\S))
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def tokenize(text: str, offset: int = 0) -> list[Token]:
    """Split `text` into tokens; never fails. offset: where to begin, at the end of a token."""
    tokens = []
    match_at, make = _TOKEN.match, Token._make  # this loop is most of what completion costs in a long query
    while match := match_at(text, offset):
        kind = match.lastgroup or ""
        start, offset = match.span(kind)
        if kind == "comment":
            offset = comment_end(text, offset)
        elif kind != "skip":
            written = text[start:offset]
            key = written.upper() if kind == "word" else written if kind == "op" else ""
            tokens.append(make((kind, written, start, offset, key)))
    return tokens


def name_of(token: Token) -> str:
    """Return the identifier that a word or a quoted name stands for."""
    return token.text[1:-1].replace('""', '"') if token.kind == "name" else token.text


def text_of(token: Token) -> str:
    """Return what a text literal holds; escapes of E'…' are left as they are."""
    if token.text.startswith("$"):
        tag = token.text[: token.text.index("$", 1) + 1]
        return token.text.removeprefix(tag).removesuffix(tag)
    return token.text[token.text.index("'") + 1 : -1].replace("''", "'")


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def comment_end(text: str, offset: int) -> int:
    """Return where the block comment ends whose `/*` ends at `offset`."""
    depth = 1  # DuckDB's block comments nest
    for edge in _COMMENT_EDGE.finditer(text, offset):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)

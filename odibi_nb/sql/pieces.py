"""SQL text as all that is written there: tokens and comments, and groups of them in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from odibi_nb.sql.tokens import Token, comment_end, tokenize

__all__ = ["Group", "Node", "Piece", "grouped", "is_comment", "is_hard", "key_of", "pieces"]

_COMMENT = re.compile(r"\s*(--[^\r\n]*|/\*)")
_CLOSES = {"(": ")", "[": "]", "{": "}", "CASE": "END"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A token or a comment.

    kind: as of a token, or comment; adjacent operators are one piece. key: as of a token.
    spaced: white space stands before it. own_line: nothing else stands before it on its line.
    """

    kind: str
    text: str
    key: str = ""
    spaced: bool = False
    own_line: bool = False


@dataclass(slots=True)
class Group:
    """What stands between two brackets, or between CASE and END."""

    open: Piece
    nodes: list[Node] = field(default_factory=list)
    close: Piece = Piece("op", "")


Node = Piece | Group


def pieces(text: str) -> list[Piece]:
    """Split `text` into all its tokens and comments, in order."""
    found: list[Piece] = []
    end = 0
    for token in tokenize(text):
        found.extend(_comments(text[end : token.start], at_start=end == 0))
        gap = text[end : token.start]
        spaced = gap != ""
        if found and not spaced and _join(found[-1], token):
            last = found.pop()
            found.append(Piece("op", last.text + token.text, last.text + token.text, last.spaced))
        elif found and found[-1].kind == token.kind == "text" and "\n" in gap and not gap.strip():
            # A literal that goes on in the next line: the line's end is part of it.
            last = found.pop()
            found.append(Piece("text", last.text + gap + token.text, "", last.spaced))
        else:
            found.append(Piece(token.kind, token.text, token.key, spaced))
        end = token.end
    return [*found, *_comments(text[end:], at_start=end == 0)]


def grouped(flat: Iterable[Piece]) -> list[Node]:
    """Put what stands in brackets, and from CASE to END, into groups; brackets match where the text is valid."""
    root = Group(Piece("op", ""))
    stack, before = [root], ""
    for piece in flat:
        is_label = piece.kind == "word" and before in {"AS", "."}
        if piece.key in _CLOSES and not is_label:
            group = Group(piece)
            stack[-1].nodes.append(group)
            stack.append(group)
        elif piece.key == _CLOSES.get(stack[-1].open.key) and not is_label:
            stack.pop().close = piece
        else:
            stack[-1].nodes.append(piece)
        before = before if is_comment(piece) else piece.key
    return root.nodes


def is_comment(node: Node) -> bool:
    return isinstance(node, Piece) and node.kind == "comment"


def is_hard(node: Node) -> bool:
    """Tell a comment after which a new line has to begin, or that had a line to itself."""
    return isinstance(node, Piece) and is_comment(node) and (node.own_line or "\n" in node.text or node.text[0] == "-")


def key_of(nodes: list[Node], at: int) -> str:
    """Return the key of the piece at an index, that of its opening for a group; "" beyond the ends."""
    if not 0 <= at < len(nodes):
        return ""
    node = nodes[at]
    return node.open.key if isinstance(node, Group) else node.key


def _join(last: Piece, token: Token) -> bool:
    """Tell whether a token goes on with the operator before it: `>=`, `::`."""
    single = frozenset("()[]{},;.")
    return last.kind == token.kind == "op" and last.text not in single and token.text not in single


def _comments(gap: str, *, at_start: bool) -> Iterator[Piece]:
    end = 0
    while found := _COMMENT.match(gap, end):
        start = found.start(1)
        own_line = "\n" in gap[end:start] or (at_start and end == 0)
        spaced, end = start > end, found.end()
        if gap.startswith("/*", start):
            end = comment_end(gap, end)
        yield Piece("comment", gap[start:end].rstrip(), spaced=spaced, own_line=own_line)

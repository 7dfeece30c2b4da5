"""Plain code as the function that it amounts to, in the author's own text."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from odibi_nb.cells.parsing import parse_python
from odibi_nb.cells.python_body import PythonBody

__all__ = ["as_function", "renamed_function"]

_INDENT = "    "
# Python 3.12 has tokens of their own for the parts of an f-string.
_OPENS = getattr(tokenize, "FSTRING_START", None)
_CLOSES = getattr(tokenize, "FSTRING_END", None)


def as_function(body: PythonBody, inputs: Collection[str], *, name: str = "") -> str:
    """Return plain code as a function of its inputs, which returns its last expression.

    inputs: the names that are handed to it, in order. name: the node's, unless given. The lines within texts of
    several lines stay where they are.
    """
    return _as_function(body.source, tuple(inputs), name or body.node, body.is_async)


@lru_cache(maxsize=1024)
def _as_function(source: str, inputs: tuple[str, ...], name: str, is_async: bool) -> str:
    head = f"{'async ' if is_async else ''}def {name}({', '.join(inputs)}):"
    text = _returning(source)
    inside = _lines_in_texts(text)
    lines = text.split("\n")
    indented = (line if number in inside or not line.strip() else _INDENT + line for number, line in enumerate(lines))
    body = list(indented) if parse_python(text).body else [*indented, f"{_INDENT}pass"]
    return "\n".join([head, *body])


def renamed_function(source: str, old: str, new: str) -> str:
    """Return the text of a function under another name."""
    return re.sub(rf"^((?:async\s+)?def\s+){re.escape(old)}\b", rf"\g<1>{new}", source, count=1, flags=re.MULTILINE)


def _returning(source: str) -> str:
    """Return the code with a `return` before its last expression."""
    tree = parse_python(source)
    future = [one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
    lines = source.encode().split(b"\n")
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        line = lines[last.lineno - 1]
        before = line[: last.col_offset]
        if before.strip():  # another statement stands on the line: one each
            before = before.rstrip().removesuffix(b";") + b"\n"
        lines[last.lineno - 1] = before + b"return " + line[last.col_offset :]
    for statement in future:  # a function can't hold it
        lines[statement.lineno - 1] = b""
    return b"\n".join(lines).decode().strip("\n")


def _lines_in_texts(source: str) -> set[int]:
    """Return the lines, counted from 0, that begin within a text of several lines."""
    return {line for first, last in _texts(source) for line in range(first, last)}


def _texts(source: str) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each text, counted from 1."""
    opened: list[int] = []
    for token in _tokens(source):
        if token.type == tokenize.STRING:
            yield token.start[0], token.end[0]
        elif token.type == _OPENS:
            opened.append(token.start[0])
        elif token.type == _CLOSES:
            yield opened.pop(), token.end[0]


def _tokens(source: str) -> Sequence[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))

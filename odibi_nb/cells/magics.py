"""IPython's own syntax in a cell: which lines are magics, and what remains for Python."""

from __future__ import annotations

import re
from dataclasses import dataclass

from odibi_nb.cells.parsing import parse_python

__all__ = [
    "CELL_MAGICS",
    "CellMagic",
    "PythonText",
    "SpecialLine",
    "find_line_magics",
    "find_magic",
    "is_special",
    "python_text",
]

CELL_MAGICS = ("odibi_expect", "odibi_mock", "odibi_node", "odibi_project", "odibi_sql", "odibi_test")

# These run the Python below them in the notebook's namespace; every other cell magic owns its text.
_TRANSPARENT = re.compile(r"%%(time|capture)\b")
_CELL_MAGIC = re.compile(r"%%(odibi\w*)(?: (.*))?$")
_LINE_MAGIC = re.compile(r"%(odibi\w*)(?:\s+(.*))?$", re.DOTALL)
_SPECIAL = re.compile(r"\s*[%!?]|.*\?\s*$|\s*[\w\s,.*()\[\]]+=\s*[%!]\s*\w")


@dataclass(frozen=True, slots=True)
class CellMagic:
    """A `%%odibi…` cell.

    name: without `%%`. line: the rest of its line. body: the text below.
    magic_line: the 1-based line of the cell on which the magic stands.
    """

    name: str
    line: str
    body: str
    magic_line: int = 1


@dataclass(frozen=True, slots=True)
class SpecialLine:
    """A line that only IPython understands; its continuation lines are joined. line: 1-based."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class PythonText:
    """A cell's Python: special lines are replaced by `pass`, so every line keeps its number."""

    text: str
    special: tuple[SpecialLine, ...]


def find_magic(source: str) -> CellMagic | None:
    """Return the `%%odibi…` magic that a cell consists of, or None.

    As in IPython, blank lines may stand before it, comments may not; `%%name?` asks for help and is none.
    The name may be unknown: compare with CELL_MAGICS.
    """
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    found = _CELL_MAGIC.match(lines[first].strip())
    if found is None:
        return None
    body = "\n".join(lines[first + 1 :])
    return CellMagic(found[1], (found[2] or "").strip(), body, first + 1)


def find_line_magics(source: str) -> tuple[CellMagic, ...]:
    """Return the `%odibi…` lines of a plain cell, in order; their body is empty."""
    found = ((_LINE_MAGIC.match(special.text), special.line) for special in python_text(source).special)
    return tuple(CellMagic(match[1], (match[2] or "").strip(), "", line) for match, line in found if match)


def is_special(line: str) -> bool:
    """Tell whether a line that Python refuses is written for IPython (`%magic`, `!command`, `name?`)."""
    return bool(_SPECIAL.match(line))


def python_text(source: str) -> PythonText:
    """Separate a cell's Python from the lines written for IPython.

    A line counts as special only where Python's parser stops at it: `%` inside a string or an expression
    stays. Text that is no Python for another reason is returned as far as it was separated.
    """
    lines = source.split("\n")
    special: list[SpecialLine] = []
    if lines and lines[0].startswith("%%"):
        special.append(SpecialLine(1, source if not _TRANSPARENT.match(source) else lines[0]))
        lines = ["pass", *lines[1:]] if _TRANSPARENT.match(source) else ["pass"]
    while (error_line := _syntax_error_line("\n".join(lines))) is not None:
        index = _special_index(lines, error_line - 1)
        if index is None:
            break
        special.append(_take(lines, index))
    return PythonText("\n".join(lines), tuple(sorted(special, key=lambda each: each.line)))


def _special_index(lines: list[str], error_index: int) -> int | None:
    # An unclosed quote further down makes the tokenizer report that line instead of the magic's own.
    candidates = [error_index, *range(len(lines))]
    return next((at for at in candidates if at < len(lines) and is_special(lines[at])), None)


def _take(lines: list[str], index: int) -> SpecialLine:
    last = index
    while lines[last].endswith("\\") and last + 1 < len(lines):
        last += 1
    text = " ".join(line.rstrip("\\").strip() for line in lines[index : last + 1])
    indent = lines[index][: len(lines[index]) - len(lines[index].lstrip())]
    lines[index : last + 1] = [f"{indent}pass", *[""] * (last - index)]
    return SpecialLine(index + 1, text)


def _syntax_error_line(text: str) -> int | None:
    try:
        parse_python(text)
    except SyntaxError as exc:
        return exc.lineno or 1
    return None

"""Texts for the eye: control characters made visible, lengths bounded, columns aligned."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from odibi_nb.exceptions import plural

__all__ = ["aligned", "display_width", "join_facts", "row_count", "visible"]

# Control characters break XML and drive terminals; bidirectional overrides make text read as what it is not.
_CONTROLS: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(32)},
    **dict.fromkeys([ord("\n"), 0x2028, 0x2029], "↵"),
    ord("\t"): " ",
    0x7F: "␡",
    **dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF], "�"),
}
_CONTROLS_IN_LINES = {**_CONTROLS, ord("\n"): "\n", ord("\t"): "    "}


def visible(text: str, *, lines: bool = False) -> str:
    """Return text with control characters shown, not obeyed; lines: line ends and tabs keep their effect."""
    if text.isascii() and text.isprintable():
        return text
    unified = text.replace("\r\n", "\n").translate(_CONTROLS_IN_LINES if lines else _CONTROLS)
    return unified.encode("utf-8", "replace").decode()  # a lone surrogate has no bytes


def display_width(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def row_count(rows: str) -> str:
    """Return "1 row", "1,234 rows", or "" when not known."""
    return plural(rows, "row") if rows else ""


def join_facts(*facts: str) -> str:
    """Return the facts that are not empty, with dots between."""
    return " · ".join(fact for fact in facts if fact)


def aligned(rows: Sequence[Sequence[str]], right_aligned: Sequence[bool] = (), *, ruled: bool = False) -> list[str]:
    """Return rows of equal length as lines, two spaces between columns.

    right_aligned: one flag a column, the last ones may be left out. ruled: a rule follows the first line.
    """
    cells = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*cells, strict=True)]
    if ruled:
        cells.insert(1, ["─" * width for width in widths])
    right = [*right_aligned, *[False] * (len(widths) - len(right_aligned))]
    return ["  ".join(map(_padded, row, widths, right)).rstrip() for row in cells]


def _padded(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - display_width(text))
    return space + text if to_right else text + space

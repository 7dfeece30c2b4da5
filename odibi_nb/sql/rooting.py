"""File literals start at the notebook's or project's folder, wherever the process happens to stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from odibi_nb.sql.facts import SqlFacts
from odibi_nb.sql.quote import quote_text

__all__ = ["moved", "rooted", "written_column"]


def rooted(text: str, facts: SqlFacts, root: Path) -> str:
    """Return `text` with its relative file literals made absolute; every line keeps its number.

    facts: of `text`. URLs and absolute paths stay as they are.
    """
    return moved(text, facts, lambda path: str(root / path))


def moved(text: str, facts: SqlFacts, place_of: Callable[[str], str]) -> str:
    """Return `text` with its relative file literals changed by `place_of`; facts: of `text`."""
    spans = [(*span, file.path) for file in facts.files if _is_relative(file.path) for span in file.spans]
    for start, end, path in sorted(spans, reverse=True):
        text = f"{text[:start]}{quote_text(place_of(path))}{text[end:]}"
    return text


def written_column(written: str, executed: str, column: int) -> int:
    """Return the column that `column` of a line as executed has in the line as written (both 1-based)."""
    same = next((at for at, (a, b) in enumerate(zip(written, executed, strict=False)) if a != b), len(written))
    if column <= same + 1:
        return column
    return max(column - (len(executed) - len(written)), same + 1)


def _is_relative(path: str) -> bool:
    return "://" not in path and not path.startswith("~") and not Path(path).is_absolute()

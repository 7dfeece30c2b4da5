"""What a module says of its own file, which a notebook has not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from odibi_nb.exceptions import TransformError
from odibi_nb.importing.pieces import Piece

__all__ = ["without_file"]

# What an export writes, so that modules beside its notebook are found.
_PATH_LINE = re.compile(
    r"sys\.path\.insert\(0, str\(Path\(__file__\)\.resolve\(\)\.parent(?: / (['\"])(?P<way>.*?)\1)?\)\)"
)
_NOQA = re.compile(r"# ruff: noqa.*\n?")


def without_file(pieces: Sequence[Piece], file: Path, folder: Path) -> list[Piece]:
    """Return the pieces of a module as a notebook in `folder` can have them.

    Where it lets modules be found that lie beside the notebook, nothing is needed: these are found there. Raises
    TransformError, at its line, for another use of `__file__`.
    """
    found, needless = list[Piece](), list[Piece]()
    for piece in pieces:
        moved = _moved(piece, file, folder) if "__file__" in piece.uses else piece
        (needless if moved is None else found).append(moved or piece)
    if needless:
        found = [piece for piece in found if not _served(piece, needless, found)]
    return [replace(piece, head=_NOQA.sub("", piece.head).rstrip("\n")) for piece in found]


def _moved(piece: Piece, file: Path, folder: Path) -> Piece | None:
    """Return a line that lets modules be found as a notebook has it; None where it needs none."""
    line = _PATH_LINE.match(piece.text)
    if line is None:
        number = piece.first.lineno
        source = piece.text.split("\n")[0]
        hint = "write the path out, or go on with the file"
        raise TransformError("a notebook has no __file__", hint=hint, file=str(file), line=number, source=source)
    modules = Path(os.path.normpath(file.parent / (line["way"] or ".")))
    if modules == folder:
        return None
    way = Path(os.path.relpath(modules, folder)).as_posix()
    return replace(piece, text=f"sys.path.insert(0, {way!r})", uses=frozenset({"sys"}))


def _served(piece: Piece, needless: Iterable[Piece], others: Iterable[Piece]) -> bool:
    """Whether an import was there for the needless lines alone."""
    if not piece.is_import or not any(piece.bound & one.uses for one in needless):
        return False
    return not any(piece.bound & other.uses for other in others if other is not piece)

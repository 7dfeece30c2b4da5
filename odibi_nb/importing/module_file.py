"""What a module says of its own place, which a notebook has not."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from odibi_nb.cells.names import names_of
from odibi_nb.cells.parsing import parse_python
from odibi_nb.exceptions import TransformError
from odibi_nb.importing.pieces import Piece

__all__ = ["modules_beside", "without_file"]

# What an export writes, so that modules beside its notebook are found.
_PATH_LINE = re.compile(
    r"sys\.path\.insert\(0, str\(Path\(__file__\)\.resolve\(\)\.parent(?: / (['\"])(?P<way>.*?)\1)?\)\)"
)
# What an import writes: a notebook may be run from any folder, and finds its own among those of `sys.path`.
_SEARCH = (
    "sys.path[:0] = [str(Path(one, {way!r}).resolve()) for one in sys.path if Path(one, {way!r}, {file!r}).exists()]"
)
_SEARCH_LINE = re.compile(r"sys\.path\[:0\] = \[str\(Path\(one, (['\"])(?P<way>.*?)\1\)\.resolve\(\)\) for one in")
_NOQA = re.compile(r"# ruff: noqa.*\n?")
_HINT = "do without it, or go on with the file"
_MESSAGES = {"__file__": "a notebook has no __file__", "__name__": "a notebook has another __name__"}


def modules_beside(pieces: Iterable[Piece], folder: Path) -> list[str]:
    """Return what pieces import of the modules in a folder."""
    found = dict.fromkeys(name.partition(".")[0] for piece in pieces for name in _modules(piece))
    return [top for top in found if (folder / f"{top}.py").is_file() or any((folder / top).glob("*.py"))]


def without_file(pieces: Sequence[Piece], file: Path, folder: Path) -> list[Piece]:
    """Return the pieces of a module as a notebook in `folder` can have them.

    Modules beside the notebook are found there; those beside the module, or where it looks for them itself, need a line
    that lets them be found. Raises TransformError, at its line, for another use of `__file__` or `__name__`.
    """
    found, searches = list[Piece](), list[tuple[Piece, Path]]()
    for piece in pieces:
        modules = _searched(piece, file)
        if modules is None:
            _refuse_own_names(piece, file)
            found.append(piece)
        else:
            searches.append((piece, modules))
    needless = [piece for piece, _ in searches]
    found = [piece for piece in found if not _served(piece, needless, found)]
    found = [replace(piece, head=_NOQA.sub("", piece.head).rstrip("\n")) for piece in found]
    for modules in dict.fromkeys([file.parent, *(modules for _, modules in searches)]):
        found = _with_search(found, modules, folder) if modules != folder else found
    return found


def _with_search(pieces: list[Piece], modules: Path, folder: Path) -> list[Piece]:
    """Return the pieces with a line above the first that needs it."""
    at = next((at for at, piece in enumerate(pieces) if modules_beside([piece], modules)), None)
    if at is None:
        return pieces
    search = _search(modules, modules_beside(pieces, modules), folder)
    first = replace(pieces[at], gap=max(pieces[at].gap, 1))
    return _gathered([*pieces[:at], search, first, *pieces[at + 1 :]], at, modules)


def _gathered(pieces: list[Piece], at: int, modules: Path) -> list[Piece]:
    """Return the pieces with the imports that follow a search, and need it, in one piece with that.

    No door may then have them above it.
    """
    following = list(takewhile(lambda piece: piece.is_import, pieces[at + 1 :]))
    taken = [piece for piece in following if modules_beside([piece], modules)]
    search = pieces[at]
    together = Piece(
        search.head,
        "\n".join([f"{search.text}\n", *(piece.whole for piece in taken)]).rstrip(),
        search.gap,
        (*search.statements, *(one for piece in taken for one in piece.statements)),
        search.bound.union(*(piece.bound for piece in taken)),
        search.uses,
        is_effect=True,
    )
    rest = [piece for piece in pieces[at + 1 :] if piece not in taken]
    return [*pieces[:at], together, *(replace(piece, gap=max(piece.gap, 1)) for piece in rest[:1]), *rest[1:]]


def _search(modules: Path, names: Sequence[str], folder: Path) -> Piece:
    """Return the lines by which a notebook in `folder` finds modules that lie in another one."""
    way = Path(os.path.relpath(modules, folder)).as_posix()
    first = names[0] if (modules / names[0]).is_dir() else f"{names[0]}.py"
    line = f"{_SEARCH.format(way=way, file=first)}  # for {', '.join(names)}"
    text = f"import sys\nfrom pathlib import Path\n\n{line}"
    statements = tuple(parse_python(text).body)
    said = names_of(statements)
    return Piece("", text, 1, statements, said.bound, said.uses, is_effect=True)


def _searched(piece: Piece, file: Path) -> Path | None:
    """Return the folder in which a line lets modules be found; None for what is no such line."""
    line = _PATH_LINE.match(piece.text) or _SEARCH_LINE.match(piece.text)
    return Path(os.path.normpath(file.parent / (line["way"] or "."))) if line is not None else None


def _refuse_own_names(piece: Piece, file: Path) -> None:
    """Raise TransformError for what a notebook would say of itself instead; the name of a logger is none's business."""
    nodes = [node for statement in piece.statements for node in ast.walk(statement)]
    logs = (node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("getLogger"))
    logged = {id(argument) for call in logs for argument in call.args}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in _MESSAGES and id(node) not in logged:
            lines = file.read_text(encoding="utf-8").split("\n")
            source = lines[node.lineno - 1]
            raise TransformError(_MESSAGES[node.id], hint=_HINT, file=str(file), line=node.lineno, source=source)


def _modules(piece: Piece) -> Iterator[str]:
    """Yield what a piece imports, inside of functions too."""
    for statement in piece.statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


def _served(piece: Piece, needless: Iterable[Piece], others: Iterable[Piece]) -> bool:
    """Whether an import was there for the needless lines alone."""
    if not piece.is_import or not any(piece.bound & one.uses for one in needless):
        return False
    return not any(piece.bound & other.uses for other in others if other is not piece)

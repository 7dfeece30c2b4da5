"""Import lines of many cells as those of one module: what is used, once."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from odibi_nb.exporting.pieces import Piece

__all__ = [
    "bound_imports",
    "import_lines",
    "is_import",
    "leading_imports",
    "local_modules",
    "path_lines",
    "with_moved_path",
]

# What `path_lines` writes.
_PATH_LINE = re.compile(
    r"(?P<head>sys\.path\.insert\(0, str\(Path\(__file__\)\.resolve\(\)\.parent / )'(?P<way>[^'\n]*)'\)\)"
)
# Module ("" for `import x`), name, and the name that it gets.
Imported = tuple[str, str, str]


def is_import(piece: Piece) -> bool:
    """Whether a piece is nothing but an import."""
    return all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in piece.tree.body)


def bound_imports(pieces: Iterable[Piece]) -> dict[str, set[Imported]]:
    """Return by name what it is imported as: two things for one name are a conflict."""
    found: dict[str, set[Imported]] = {}
    for piece in pieces:
        for one in _imported(piece, piece.names):
            found.setdefault(_bound(one), set()).add(one)
    return found


def leading_imports(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the imports that may stand before all other code.

    Those stay where they are whose names mean something else before or after, and that follow a setup cell, which may
    have said where modules are.
    """
    imported = bound_imports(pieces)
    defined = {name for piece in pieces if not is_import(piece) for name in piece.names}
    twice = {name for name, things in imported.items() if len(things) > 1 or name in defined}
    runs = next((at for at, piece in enumerate(pieces) if _runs(piece)), len(pieces))
    return [piece for piece in pieces[:runs] if is_import(piece) and piece.names.isdisjoint(twice)]


def import_lines(pieces: Iterable[Piece], needed: Collection[str]) -> str:
    """Return the lines that import the needed names, each once, in the usual order."""
    modules = dict[str, dict[Imported, None]]()
    for piece in pieces:
        for one in _imported(piece, needed):
            if _bound(one) in needed:
                key = one[0] or f" {one[1]} {one[2]}"
                modules.setdefault(key, {})[one] = None
    sections: dict[bool, list[tuple[bool, str, str]]] = {True: [], False: []}
    for listed in modules.values():
        module, name, _ = next(iter(listed))
        spelt = [one if one == alias else f"{one} as {alias}" for _, one, alias in sorted(listed)]
        line = f"from {module} import {', '.join(spelt)}" if module else f"import {spelt[0]}"
        is_python = (module or name).partition(".")[0] in sys.stdlib_module_names
        sections[is_python].append((bool(module), module or name, line))
    texts = ("\n".join(_wrapped(line) for *_, line in sorted(set(lines))) for lines in sections.values())
    return "\n\n".join(text for text in texts if text)


def local_modules(pieces: Iterable[Piece], folder: Path) -> list[str]:
    """Return the modules beside a notebook that pieces import."""
    found: dict[str, None] = {}
    for piece in pieces:
        for node in ast.walk(piece.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            found.update(dict.fromkeys(name.partition(".")[0] for name in names))
    return [top for top in found if (folder / f"{top}.py").is_file() or any((folder / top).glob("*.py"))]


def path_lines(modules: Iterable[str], root: Path, folder: Path) -> str:
    """Return what lets a module import others that lie beside the notebook."""
    said = (
        f"sys.path.insert(0, str(Path(__file__).resolve().parent / {_way(root, folder)!r}))  # for {', '.join(modules)}"
    )
    return f"import sys\nfrom pathlib import Path\n\n{said}"


def with_moved_path(piece: Piece, root: Path, folder: Path) -> Piece:
    """Return a piece in which what an export in `root` has written to find modules finds them from `folder`."""
    if "__file__" not in piece.uses:
        return piece
    text = _PATH_LINE.sub(lambda found: f"{found['head']}{_way(root / found['way'], folder)!r}))", piece.text)
    is_all = "__file__" not in _PATH_LINE.sub("", text)
    return replace(piece, text=text, uses=piece.uses - ({"__file__"} if is_all else set()))


def _way(place: Path, folder: Path) -> str:
    return Path(os.path.relpath(place, folder)).as_posix()


def _runs(piece: Piece) -> bool:
    """Whether a piece is there for what it does, as setup cells are."""
    return not piece.names or len(piece.tree.body) > 1


def _imported(piece: Piece, needed: Collection[str]) -> Iterator[Imported]:
    for statement in piece.tree.body:
        if isinstance(statement, ast.Import):
            yield from (("", alias.name, alias.asname or alias.name) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            for alias in statement.names:
                if alias.name == "*":  # the slice has told which names it stands for
                    yield from ((module, name, name) for name in sorted(piece.names & set(needed)))
                else:
                    yield module, alias.name, alias.asname or alias.name


def _bound(imported: Imported) -> str:
    module, _, alias = imported
    return alias if module else alias.partition(".")[0]


def _wrapped(line: str) -> str:
    """Return a line, or its names one below the other where it is a long one."""
    head, found, names = line.partition(" import ")
    if len(line) <= 88 or not found:
        return line
    return "\n".join([f"{head} import (", *(f"    {name}," for name in names.split(", ")), ")"])

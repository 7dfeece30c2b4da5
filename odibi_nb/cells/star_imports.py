"""`from m import *` in plain code: the names that it brings, told without running any code of the user's."""

from __future__ import annotations

import ast
import importlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from odibi_nb.cells.names import names_of
from odibi_nb.cells.parsing import parse_python

__all__ = ["expanded", "star_imports"]

_INSTALLED = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))


def star_imports(tree: ast.AST) -> Iterator[ast.ImportFrom]:
    """Yield every `from m import *`, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node


def expanded(tree: ast.Module, folder: Path, *, seen: frozenset[str] = frozenset()) -> ast.Module:
    """Return the tree with each `*` replaced by the names it stands for; one whose module isn't found keeps it.

    folder: where modules are looked for before the rest of Python's path. A module of the user's is read,
    not run; one of an installed package or of Python itself is imported. seen: modules around this one.
    """
    for node in star_imports(tree):
        names = None if node.level or node.module is None else _public_names(node.module, folder, seen)
        if names is not None:
            node.names = [ast.alias(name) for name in sorted(names)]
    return tree


def _public_names(module: str, folder: Path, seen: frozenset[str]) -> Iterable[str] | None:
    if module in seen:  # it imports itself, in a circle: what it has is being read already
        return ()
    spec = _found(module, folder)
    origin = spec.origin if spec is not None else None
    if origin is not None and origin.endswith(".py") and not origin.startswith(_INSTALLED):
        return _names_in(Path(origin), folder, seen | {module})
    if spec is not None or module in sys.builtin_module_names:
        return _names_of_imported(module)
    return None


def _found(module: str, folder: Path) -> ModuleSpec | None:
    """Look a module up as Python does, but without importing the packages around it."""
    path, name, spec = [str(folder), *sys.path], "", None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return spec


def _names_in(file: Path, folder: Path, seen: frozenset[str]) -> Iterable[str] | None:
    try:
        tree = expanded(parse_python(file.read_text(encoding="utf-8")), folder, seen=seen)
    except (OSError, ValueError, SyntaxError):  # importing it will tell what is wrong with it
        return None
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(_is_all(target) for target in statement.targets):
            with suppress(ValueError, TypeError):
                return [str(name) for name in ast.literal_eval(statement.value)]
    return [name for name in names_of(tree.body).bound if not name.startswith("_")]


def _is_all(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "__all__"


def _names_of_imported(module: str) -> Iterable[str] | None:
    try:
        imported = importlib.import_module(module)
    except Exception:  # noqa: BLE001 - whatever it raises, a run that needs it raises it again, where it belongs
        return None
    return getattr(imported, "__all__", None) or [name for name in vars(imported) if not name.startswith("_")]

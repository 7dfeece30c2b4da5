"""A file's definitions, put into the notebook of a session: names that are there already stay as they are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from odibi_nb.cells.definitions import Slice, Statement, execute_slice
from odibi_nb.exceptions import OdibiException
from odibi_nb.workspaces.functions import Namespace

__all__ = ["Defined", "Defining"]

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Defined:
    """names: defined now. held: names that the file defines too, and that stay what the notebook has them be."""

    names: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


class Defining:
    """Executes the slice of a file's plain code that its nodes use.

    namespace: gives the notebook's globals. What a file has defined, and nobody has bound anew since, is the file's:
    it is defined again once the file says something else.
    """

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._given: dict[str, Any] = {}
        self._executed: dict[Path, tuple[Statement, ...]] = {}

    def define(self, definitions: Slice | None, file: Path, undo: ExitStack) -> Defined:
        """Define what isn't there; raises TransformError at cell and line. undo: takes back what this has done."""
        if definitions is None or not definitions.statements:
            return Defined()
        statements = definitions.statements
        bound = dict.fromkeys(name for statement in statements for name in statement.names)
        namespace = self._namespace()
        held = {name: namespace[name] for name in bound if name in namespace and not self._is_given(name, namespace)}
        told = tuple(name for name, value in held.items() if not isinstance(value, ModuleType))
        if self._executed.get(file) == statements and all(name in namespace for name in bound):
            return Defined(held=told)
        undo.callback(_restore, namespace, {name: namespace.get(name, _ABSENT) for name in bound})
        undo.callback(self._executed.pop, file, None)
        if (folder := str(file.parent)) not in sys.path:  # for the modules beside the file
            sys.path.insert(0, folder)
        for statement in statements:
            if not statement.names or not held.keys() >= {*statement.names}:
                _execute(replace(definitions, statements=(statement,)), namespace, file)
                namespace.update({name: held[name] for name in statement.names if name in held})
        new = tuple(name for name in bound if name in namespace and name not in held)
        self._given.update({name: namespace[name] for name in new})
        self._executed[file] = statements
        return Defined(new, told)

    def _is_given(self, name: str, namespace: Mapping[str, Any]) -> bool:
        return name in self._given and self._given[name] is namespace[name]


def _execute(statement: Slice, namespace: dict[str, Any], file: Path) -> None:
    try:
        execute_slice(statement, namespace, notebook=file.name)
    except OdibiException as exc:
        exc.hint = exc.hint or f"nothing of {file.name} was declared: its nodes use this definition"
        raise exc.at(file=file.name) from exc.__cause__


def _restore(namespace: dict[str, Any], before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        if value is _ABSENT:
            namespace.pop(name, None)
        else:
            namespace[name] = value

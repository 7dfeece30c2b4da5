"""What may be a secret in what a program has declared: no text tells whether it took that from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.workspaces.mocks import are_rows

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import CellOrigin

__all__ = ["refuse_secrets"]

_NAMED = re.compile(r"passw|passphrase|secret|token|credential|private|(^|_)(pass|key|sas|pw)$", re.IGNORECASE)
# Shorter ones are found in texts by chance.
_LEAST = 6


def refuse_secrets(ws: Workspace) -> None:
    """Raise ConfigValidationError for what may be a secret in a project, node, data test or mock that no text says.

    A text that a person has written says itself what it holds: a reference, or what everybody sees there already.
    """
    if ws.environments.written is None and ws.project is not None:
        _refuse(ws.project.model_dump(mode="json", exclude_unset=True), ())
    for node in ws.nodes.values():
        if _is_of_program(node.origin):
            _refuse(node.written, (node.name,), node=node.name)
            _refuse_held(node.code, f"the code of node '{node.name}'", "take it as a parameter", node=node.name)
        for test in filter(lambda one: _is_of_program(one.origin), node.expectations):
            _refuse_held(test.sql, f"the data test '{test.name}'", "take it as a $parameter", node=node.name)
    for mock in filter(lambda one: _is_of_program(one.origin), ws.trials.mocks):
        if are_rows(mock.rows):
            for text in _texts(mock.rows):
                _refuse_held(text, f"the mock '{mock.input}'", "write rows that stand for it", node=mock.node)


def _is_of_program(origin: CellOrigin) -> bool:
    return origin.label is None and origin.file is None


def _refuse(data: Any, path: tuple[str, ...], **place: Any) -> None:
    if isinstance(data, Mapping):
        for key, value in data.items():
            _refuse(value, (*path, str(key)), **place)
    elif isinstance(data, list | tuple):
        for value in data:
            _refuse(value, path, **place)
    elif isinstance(data, str) and data:
        variable = _variable_of(data, is_whole=True) or _variable_of(data)
        if variable or _NAMED.search(path[-1] if path else ""):
            where = ".".join(path)
            hint = f"write it into a cell, as a reference: {path[-1]}: ${{{variable or 'NAME'}}}"
            raise ConfigValidationError(
                f"'{where}' may be a secret, and no text says where it is from", hint=hint, **place
            )


def _refuse_held(text: str, what: str, hint: str, **place: Any) -> None:
    if (variable := _variable_of(text)) is not None:
        raise ConfigValidationError(f"{what} holds the value of {variable}, which may be a secret", hint=hint, **place)


def _variable_of(text: str, *, is_whole: bool = False) -> str | None:
    """Return the variable of the environment whose secret a text holds, or is."""
    for name, value in os.environ.items():
        if _NAMED.search(name) and (value == text if is_whole else len(value) >= _LEAST and value in text):
            return name
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)

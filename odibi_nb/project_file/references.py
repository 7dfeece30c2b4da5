"""`${…}` in YAML values: environment variables and the project's own vars.

`${NAME}`, `${env:NAME}` and `${vars.a.b}`; each may end in `:-default`. `$${` stands for `${`. A value that is
nothing but one reference to vars keeps the var's type; within a longer text, vars are written as YAML writes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from odibi_nb.exceptions import ConfigValidationError, did_you_mean
from odibi_nb.project_file.building import Locate, nowhere
from odibi_nb.project_file.tree import KeyPath

__all__ = ["substitute"]

_REFERENCE = re.compile(r"\$(?P<escape>\$)?\{(?P<body>[^{}]*)\}")
_BODY = re.compile(r"(?:(?P<kind>env:|vars\.))?(?P<name>[^:]*?)(?::-(?P<default>.*))?", re.DOTALL)
_FORMS = "known forms: ${NAME}, ${env:NAME}, ${vars.name}; write $${ for a plain ${"


def substitute(
    data: Any,
    variables: Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
    *,
    locate: Locate = nowhere,
) -> Any:
    """Return `data` with the references in its values resolved; keys stay as they are.

    variables: the project's vars, which may themselves hold references. environ: os.environ unless given.
    Raises ConfigValidationError, at the value's place, for a variable that is not set or a form not known.
    """
    return _Resolver(variables, os.environ if environ is None else environ, locate).resolved(data, ())


class _Resolver:
    def __init__(self, variables: Mapping[str, Any], environ: Mapping[str, str], locate: Locate) -> None:
        self._variables = variables
        self._environ = environ
        self._locate = locate
        self._open: list[str] = []  # the vars being resolved, to find a circle

    def resolved(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return {key: self.resolved(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [self.resolved(child, (*path, index)) for index, child in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._text(value, path)
        return value

    def _text(self, text: str, path: KeyPath) -> Any:
        whole = _REFERENCE.fullmatch(text)
        if whole and not whole["escape"]:
            return self._reference(whole["body"], path)
        return _REFERENCE.sub(lambda match: self._within_text(match, path), text)

    def _within_text(self, match: re.Match[str], path: KeyPath) -> str:
        if match["escape"]:
            return match[0][1:]
        value = self._reference(match["body"], path)
        if isinstance(value, dict | list):
            raise self._error(f"'{match[0]}' is a list or mapping, which can't stand within a text", path)
        return _yaml_text(value)

    def _reference(self, body: str, path: KeyPath) -> Any:
        parts = _BODY.fullmatch(body)
        if parts is None or not parts["name"]:
            raise self._unknown_form(body, path)
        if parts["kind"] == "vars.":
            return self._variable(parts["name"], parts["default"], path)
        return self._environment(parts["name"], parts["default"], path)

    def _environment(self, name: str, default: str | None, path: KeyPath) -> str:
        value = self._environ.get(name, default)
        if value is not None:
            return value
        hint = f"set it, or give a default: ${{env:{name}:-…}}"
        if name in self._variables:
            hint = f"did you mean '${{vars.{name}}}'?"
        raise self._error(f"the environment variable '{name}' is not set", path, hint)

    def _variable(self, name: str, default: str | None, path: KeyPath) -> Any:
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            raise self._error(f"vars refer to each other in a circle: {circle}", path)
        value, known = _looked_up(name, self._variables)
        if known is not None:
            if default is not None:
                return default
            hint = did_you_mean(name, known) or (f"known: {', '.join(known)}" if known else "declare it under 'vars:'")
            raise self._error(f"unknown variable 'vars.{name}'", path, hint)
        self._open.append(name)
        resolved = self.resolved(value, path)
        self._open.pop()
        return resolved

    def _unknown_form(self, body: str, path: KeyPath) -> ConfigValidationError:
        if body.startswith("date:"):
            return self._error("'${date:…}' is a feature of Odibi that odibi_nb has not built yet", path, _FORMS)
        return self._error(f"'${{{body}}}' is no reference", path, _FORMS)

    def _error(self, message: str, path: KeyPath, hint: str | None = None) -> ConfigValidationError:
        return ConfigValidationError(message, hint=hint, **self._locate(path))


def _looked_up(name: str, variables: Mapping[str, Any]) -> tuple[Any, list[str] | None]:
    """Follow a dotted name; returns (value, None), or (None, the dotted names there are at that level)."""
    level: Any = variables
    prefix = ""
    for part in name.split("."):
        if not isinstance(level, Mapping) or part not in level:
            names = level if isinstance(level, Mapping) else ()
            return None, [prefix + str(known) for known in names]
        level = level[part]
        prefix += f"{part}."
    return level, None


def _yaml_text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)

"""Data → a model of the dialect; pydantic's errors become one ConfigValidationError, each problem at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from odibi_nb.exceptions import ConfigValidationError, Where, did_you_mean
from odibi_nb.project_file.tree import KeyPath, YamlDocument, key_text

__all__ = ["Locate", "build", "nowhere"]

Model = TypeVar("Model", bound=BaseModel)
Locate: TypeAlias = Callable[[KeyPath], dict[str, Any]]


def nowhere(path: KeyPath) -> dict[str, Any]:
    """Place a path of data that came from no text."""
    return {"key": key_text(path) or None}


def build(model: type[Model], data: Any, *, locate: Locate = nowhere) -> Model:
    """Make a model of data, or of a YamlDocument, which then says where its problems are.

    locate: gives the place of a key path, for data changed since it was read (`document.place`).
    Raises ConfigValidationError for the first problem; when there are several, its message lists all.
    """
    if isinstance(data, YamlDocument):
        data, locate = data.data, data.place
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # What is missing comes last: on the same line, a misspelt key is the likelier reason.
        details = sorted(error.errors(include_url=False), key=lambda detail: detail["type"] == "missing")
        raise _config_error([_problem(detail, data, locate) for detail in details]) from error


@dataclass(frozen=True, slots=True)
class _Problem:
    message: str
    hint: str | None
    where: dict[str, Any]

    @property
    def order(self) -> tuple[str, int]:
        return self.where.get("file") or "", self.where.get("line") or 0

    def __str__(self) -> str:
        place = str(Where(**{**self.where, "source": None}))
        return f"{place}: " * bool(place) + self.message + f"; {self.hint}" * bool(self.hint)


def _config_error(problems: Iterable[_Problem]) -> ConfigValidationError:
    first, *others = sorted(problems, key=lambda problem: problem.order)
    if not others:
        return ConfigValidationError(first.message, hint=first.hint, **first.where)
    listed = "\n".join(f"  - {problem}" for problem in (first, *others))
    return ConfigValidationError(f"{len(others) + 1} problems:\n{listed}", **first.where)


def _problem(detail: ErrorDetails, data: Any, locate: Locate) -> _Problem:
    message, hint = _explained(detail)
    return _Problem(message, hint, locate(_path(detail["loc"], data)))


def _path(loc: KeyPath, data: Any) -> KeyPath:
    """Return the keys of `loc` that exist: pydantic adds steps of its own, and names what is missing."""
    path: list[Any] = []
    for step in loc:
        try:
            data = data[step]
        except (LookupError, TypeError):
            continue
        path.append(step)
    return tuple(path)


def _explained(detail: ErrorDetails) -> tuple[str, str | None]:
    context = detail.get("ctx", {})
    if "message" in context and detail["type"] in {"dialect", "unknown_key", "not_built"}:
        return context["message"], context["hint"]
    name = detail["loc"][-1] if detail["loc"] else "the document"
    if detail["type"] == "missing":
        return f"'{name}' is missing", f"add '{name}:'"
    if "expected" in context:
        return _not_one_of(str(name), detail["input"], context["expected"])
    if detail["type"] in {"bool_parsing", "bool_type"} and detail["input"] is not None:
        return f"'{name}' is true or false, not '{detail['input']}'", f"write {name}: true, or leave it out"
    message = re.sub(r"^(Input|List|Dictionary|Value) ", f"'{name}' ", context.get("message", detail["msg"]))
    message = re.sub(r"a valid dictionary( or instance of \w+)?", "a mapping", message)
    return message, _type_hint(detail)


def _not_one_of(name: str, given: Any, expected: str) -> tuple[str, str | None]:
    known = re.findall(r"'([^']*)'", expected)
    message = f"'{name}' can't be '{given}': it is {expected}"
    return message, did_you_mean(given, known) if isinstance(given, str) else None


def _type_hint(detail: ErrorDetails) -> str | None:
    given = detail["input"]
    if detail["type"] == "list_type" and isinstance(given, str):
        return f"write a list: [{given}]"
    if detail["type"] == "list_type" and given is None:
        return f"write a list: {detail['loc'][-1]}: []"
    if detail["type"] in {"dict_type", "model_type"} and given is not None:
        return "write a mapping: {name: value}"
    if detail["type"] in {"int_parsing", "float_parsing"}:
        return "write a number, such as 5"
    if detail["type"] == "string_type" and isinstance(given, int | float):
        return f"quote it: '{given}'"
    return "give it a value, or leave the key out" if given is None else None

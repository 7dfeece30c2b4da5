"""The dialect's keys and words, read from its models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args, get_origin

from odibi_nb.config import BaseConnectionConfig, NodeConfig, ProjectConfig, connection_configs
from odibi_nb.config.base import DialectModel
from odibi_nb.config.node_tests import NodeTestConfig
from odibi_nb.config.unbuilt import UNBUILT_VALUES
from odibi_nb.workspaces.project_cell import KEYS_OF_FILES

__all__ = ["NODE", "PROJECT", "TEST", "Shape", "keys_at", "words_at"]

Shape = type[DialectModel]
NODE: Shape = NodeConfig
PROJECT: Shape = ProjectConfig
TEST: Shape = NodeTestConfig

# What a cell says elsewhere, or only a file can say.
_NOT_IN_OVERLAYS = ("environments",)
_NOT_IN_CELLS = {"NodeConfig": ("name",), "ProjectConfig": KEYS_OF_FILES}


def keys_at(shape: Shape, path: Sequence[str]) -> list[str]:
    """Return the keys that a mapping may have at a path of the model; [] where there are none to name."""
    shape, path, left_out = (PROJECT, path[2:], _NOT_IN_OVERLAYS) if _is_in_overlay(shape, path) else (shape, path, ())
    keys: dict[str, None] = {}
    for model in _models(_types_at(shape, path)):
        keys.update(
            dict.fromkeys(key for key in model.model_fields if key not in _NOT_IN_CELLS.get(model.__name__, ()))
        )
    return [key for key in keys if key not in left_out]


def words_at(shape: Shape, path: Sequence[str]) -> list[str]:
    """Return the words that may stand at a path: those of an enum, the types of connections, true and false."""
    if _is_in_overlay(shape, path):
        path = path[2:]
    *above, last = path or [""]
    if last == "type" and any(issubclass(model, BaseConnectionConfig) for model in _models(_types_at(shape, above))):
        return list(connection_configs())
    return [word for kind in _types_at(shape, path) for word in _words(kind)]


def _is_in_overlay(shape: Shape, path: Sequence[str]) -> bool:
    """Whether a path leads into one of the environments of a project, which has the project's keys."""
    return shape is PROJECT and len(path) > 1 and path[0] == "environments"


def _types_at(shape: Shape, path: Sequence[str]) -> list[Any]:
    """Return the types of what stands at a path, lists and unions taken apart."""
    types: list[Any] = [shape]
    for key in path:
        types = [inner for one in types for below in _below(one, key) for inner in _parts(below)]
    return types


def _below(kind: Any, key: str) -> Iterator[Any]:
    if get_origin(kind) is dict:
        yield get_args(kind)[1]
    elif isinstance(kind, type) and issubclass(kind, DialectModel) and key in kind.model_fields:
        yield kind.model_fields[key].annotation


def _parts(kind: Any) -> Iterator[Any]:
    """Yield the types that a value of this type may have; for a list those of its items."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _parts(arguments[0])
    elif origin in {None, dict, Literal}:
        yield kind
    else:  # list, and unions
        for argument in arguments:
            yield from _parts(argument)


def _models(types: Sequence[Any]) -> Iterator[Shape]:
    for kind in types:
        # A connection's keys are those of its own model.
        if kind is BaseConnectionConfig:
            yield from connection_configs().values()
        elif isinstance(kind, type) and issubclass(kind, DialectModel):
            yield kind


def _words(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if kind is bool:
        return ["true", "false"]
    if not (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return []
    return [str(word) for word in kind if word not in UNBUILT_VALUES.get(kind.__name__, ())]

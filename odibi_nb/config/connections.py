"""Connections by `type`: one model each, and a door for plug-ins.

A plug-in registers its model with `register_connection_config`, or names it in the entry point group
`odibi_nb.connection_configs` under its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny

from odibi_nb.config.base import LEAVE_OUT, DialectModel, problem, problem_at
from odibi_nb.config.unbuilt import UNBUILT_VALUES, not_built
from odibi_nb.exceptions import did_you_mean

__all__ = [
    "ENTRY_POINTS",
    "AnyConnection",
    "BaseConnectionConfig",
    "LocalConnectionConfig",
    "connection_configs",
    "register_connection_config",
]

ENTRY_POINTS = "odibi_nb.connection_configs"


class BaseConnectionConfig(DialectModel):
    """What every connection has; a plug-in's model derives from it and narrows `type` to its own name."""

    type: str


class LocalConnectionConfig(BaseConnectionConfig):
    """A folder of files; a relative `base_path` starts at the YAML file's or notebook's folder."""

    type: Literal["local"] = "local"
    base_path: str = "./data"


_MODELS: dict[str, type[BaseConnectionConfig]] = {"local": LocalConnectionConfig}


def register_connection_config(type_name: str, model: type[BaseConnectionConfig]) -> None:
    """Let `type: type_name` be read by `model`; a name registered again takes the new model."""
    _MODELS[type_name] = model


def connection_configs() -> Mapping[str, type[BaseConnectionConfig]]:
    """Return the models by type: built in, registered, and those of installed plug-ins."""
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name not in _MODELS:
            register_connection_config(entry.name, entry.load())
    return dict(_MODELS)


def _as_connection(value: Any) -> Any:
    if not isinstance(value, Mapping):
        if isinstance(value, BaseConnectionConfig):
            return value
        raise problem("a connection is a mapping with a 'type'", "write {type: local, base_path: ./data}")
    if "type" not in value:
        raise problem("a connection needs a 'type'", f"one of: {', '.join(connection_configs())}")
    return _model_of(value["type"]).model_validate(value)


def _model_of(type_name: Any) -> type[BaseConnectionConfig]:
    name = str(type_name)
    # Plug-ins are looked up only for a type that isn't here: scanning entry points costs milliseconds.
    model = _MODELS.get(name) or connection_configs().get(name)
    if model is not None:
        return model
    if name in UNBUILT_VALUES["ConnectionType"]:
        raise problem_at(("type",), type_name, not_built(f"type: {name}"), LEAVE_OUT)
    known = sorted(_MODELS)
    hint = did_you_mean(name, known) or f"known types: {', '.join(known)}"
    raise problem_at(("type",), type_name, f"unknown connection type '{name}'", hint)


AnyConnection = Annotated[SerializeAsAny[BaseConnectionConfig], BeforeValidator(_as_connection)]

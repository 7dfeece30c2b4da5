"""Connections by type: one file a connection, one row in the table."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from odibi_nb.connections.base import BaseConnection, FileConnection, FileStamp
from odibi_nb.exceptions import ConnectionError, did_you_mean  # noqa: A004

if TYPE_CHECKING:
    from odibi_nb.connections.local import LocalConnection

__all__ = ["BaseConnection", "ConnectionSettings", "FileConnection", "FileStamp", "LocalConnection", "connect"]

_PLUGINS = "odibi_nb.connections"
_CLASSES = {"local": "odibi_nb.connections.local:LocalConnection"}


class ConnectionSettings(Protocol):
    """A connection's model of `odibi_nb.config`."""

    @property
    def type(self) -> str: ...

    def model_dump(self) -> dict[str, Any]: ...


def connect(name: str, config: ConnectionSettings | BaseConnection, root: Path) -> BaseConnection:
    """Return the connection called `name`, validated.

    config: its model, or a connection made by hand, which keeps its own place.
    root: the folder that relative paths of the model start at.
    """
    if isinstance(config, BaseConnection):
        connection = config
    else:
        settings = config.model_dump()
        connection = _class_of(settings.pop("type")).from_config(settings, root)
    connection.name = connection.name or name
    connection.validate()
    return connection


def _class_of(kind: str) -> type[BaseConnection]:
    if (place := _CLASSES.get(kind)) is not None:
        module, _, attribute = place.partition(":")
        found: type[BaseConnection] = getattr(import_module(module), attribute)
        return found
    plugins = {point.name: point for point in entry_points(group=_PLUGINS)}
    if kind in plugins:
        plugged: type[BaseConnection] = plugins[kind].load()
        return plugged
    known = [*_CLASSES, *plugins]
    hint = did_you_mean(kind, known) or f"types: {', '.join(known)}"
    raise ConnectionError(f"connection type '{kind}' is not known", hint=hint)


def __getattr__(name: str) -> Any:
    if name == "LocalConnection":
        from odibi_nb.connections.local import LocalConnection

        return LocalConnection
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")

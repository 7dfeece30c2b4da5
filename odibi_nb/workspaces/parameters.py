"""Parameters: their values in layers, and which ones there are at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.python_body import UNKNOWN
from odibi_nb.exceptions import UsageError, did_you_mean
from odibi_nb.runner.tasks import SqlStep

if TYPE_CHECKING:
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["Parameters", "known_parameters", "refuse_unknown"]


class Parameters(Mapping[str, Any]):
    """Values by name, from layers of which a later one wins.

    The layers: the project's `vars`, papermill's cell, what was set in this session, one run's own.
    Below them all are the defaults of functions, which stay with the functions.
    """

    def __init__(self) -> None:
        self._layers: dict[str, dict[str, Any]] = {"vars": {}, "papermill": {}, "session": {}, "run": {}}
        self._merge()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def replace(self, layer: str, values: Mapping[str, Any]) -> None:
        """Give a layer other values."""
        self._layers[layer] = dict(values)
        self._merge()

    def update(self, layer: str, values: Mapping[str, Any]) -> None:
        """Add values to a layer."""
        self.replace(layer, {**self._layers[layer], **values})

    def clear(self) -> None:
        self._layers = {layer: {} for layer in self._layers}
        self._merge()

    @contextmanager
    def for_run(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Let `values` hold for one run."""
        self.replace("run", values)
        try:
            yield
        finally:
            self.replace("run", {})

    def _merge(self) -> None:
        self._values = {name: value for layer in self._layers.values() for name, value in layer.items()}


def known_parameters(nodes: Nodes, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter with its value: as set, else the default of the function that takes it."""
    known = nodes.defaults()
    for name in nodes.asked():
        known.setdefault(name, UNKNOWN)
    for name in nodes:
        for step in nodes.task(name).steps:
            if isinstance(step, SqlStep):
                known.update(step.params)
    return {**known, **params}


def refuse_unknown(names: Collection[str], known: Mapping[str, Any]) -> None:
    """Raise UsageError for a parameter that nothing takes."""
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no parameter '{name}'",
                hint=did_you_mean(name, known) or f"parameters: {', '.join(known) or 'none'}",
            )

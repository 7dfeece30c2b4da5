"""Mock rows in place of a node's inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ValidationError, did_you_mean
from odibi_nb.runner.tasks import NodeTask

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig

__all__ = ["as_frame", "inputs_of", "mocked", "redirected"]


def inputs_of(task: NodeTask, config: NodeConfig) -> list[str]:
    """Return the names under which a node's inputs are mocked; one that reads is mocked under its own name."""
    names = [task.name] if config.read is not None else []
    names += [alias for alias, given in config.inputs.items() if not isinstance(given, str)]
    return [*names, *(name for name in task.depends_on if name not in names)]


def mocked(task: NodeTask, config: NodeConfig, given: Collection[str]) -> NodeTask:
    """Return the task with every input taken from what is `given`, and nothing written; no connection is needed.

    Raises ValidationError for what is given but no input, which may be a missing one misspelt, and for an input that
    isn't given.
    """
    wanted = inputs_of(task, config)
    for name in given:
        if name not in wanted:
            hint = did_you_mean(name, wanted) or f"inputs: {', '.join(wanted) or 'none'}"
            raise ValidationError(f"'{name}' is no input of node '{task.name}'", hint=hint)
    for name in wanted:
        if name not in given:
            hint = f"mocks are given for: {', '.join(given) or 'none'}"
            raise ValidationError(f"input '{name}' of node '{task.name}' has no mock", hint=hint)
    return redirected(task, config, {name: name for name in wanted})


def redirected(task: NodeTask, config: NodeConfig, places: Mapping[str, str]) -> NodeTask:
    """Return the task with its inputs taken from the run's results of other names; it reads and writes nothing itself.

    places: those names by input; all that it reads from a connection must be among them.
    """
    inputs = {task.name: places[task.name]} if config.read is not None else {}
    for alias, given in config.inputs.items():
        name = given if isinstance(given, str) else alias
        inputs[alias] = places.get(name, name)
    if any(places.get(name, name) != name for name in task.depends_on):
        # All of them, since the first one is what the node starts from.
        for name in task.depends_on:
            inputs.setdefault(name, places.get(name, name))
    above = tuple(one for one in task.dependencies if places.get(one.name, one.name) == one.name)
    return replace(task, source=None, target=None, inputs=inputs, dependencies=above)


def as_frame(mock: Any) -> Any:
    """Return rows ([{"a": 1}, …]) or columns ({"a": [1, …]}) as a frame; anything else as it is."""
    if isinstance(mock, list | tuple) and all(isinstance(row, Mapping) for row in mock):
        names = dict.fromkeys(name for row in mock for name in row)
        return _frame({name: [row.get(name) for row in mock] for name in names})
    return _frame(mock) if isinstance(mock, Mapping) else mock


def _frame(columns: Mapping[str, Sequence[Any]]) -> Any:
    import pandas as pd

    # As objects: pandas would make floats of integers beside a None.
    return pd.DataFrame({name: pd.Series(list(values), dtype=object) for name, values in columns.items()})

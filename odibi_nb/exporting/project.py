"""`odibi.yaml`: the project, and its nodes by pipeline."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.exporting.nodes import NodeWriter
from odibi_nb.workspaces.sources import escaped

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["pipeline_of", "project_data"]

_ELSEWHERE = frozenset({"imports", "mocks", "pipeline", "pipelines", "tests"})
_SECRET = re.compile(r"passw|passphrase|secret|token|credential|private|(^|_)(pass|key|sas|pw)$", re.IGNORECASE)


def project_data(ws: Workspace, writer: NodeWriter, *, imports: list[str]) -> dict[str, Any]:
    """Return what the project file says; its references stay as they are written.

    Raises ConfigValidationError for a secret that a program has given, of which no text knows a reference.
    """
    written = _written(ws)
    said = {key: value for key, value in written.items() if key not in _ELSEWHERE}
    data = writer.move.project(said)
    if imports:
        data["imports"] = imports
    return {**data, "pipelines": list(_pipelines(ws, writer, written.get("pipelines")))}


def pipeline_of(ws: Workspace, pipeline: str | None) -> str:
    """Return the name of the pipeline of a node that may have none."""
    said = (ws.project.pipeline, ws.project.project) if ws.project is not None else ()
    return next(filter(None, (pipeline, *said)), ws.saved_as)


def _written(ws: Workspace) -> Mapping[str, Any]:
    if ws.environments.written is not None:
        return ws.environments.written
    if ws.project is None:
        return {}
    data: dict[str, Any] = ws.project.model_dump(mode="json", exclude_unset=True)
    _refuse_secrets(data)
    resolved: dict[str, Any] = escaped(data)
    return resolved


def _pipelines(ws: Workspace, writer: NodeWriter, written: Any) -> Iterator[dict[str, Any]]:
    said = {one["pipeline"]: one for one in written or () if isinstance(one, Mapping) and "pipeline" in one}
    nodes: dict[str, list[dict[str, Any]]] = {}
    for node in ws.nodes.values():
        if node.origin.label is None and node.origin.file is None:  # a program has declared it
            _refuse_secrets(node.written, (node.name,))
        nodes.setdefault(pipeline_of(ws, node.pipeline), []).append(writer.data(node))
    for name, listed in nodes.items():
        written_of = {key: value for key, value in said.get(name, {}).items() if key not in ("pipeline", "nodes")}
        yield {"pipeline": name, **ws.pipelines.get(name, {}), **written_of, "nodes": listed}


def _refuse_secrets(data: Any, path: tuple[str, ...] = ()) -> None:
    """Refuse what may be a secret in data that has no text: whoever gave it may have taken it from the environment."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            _refuse_secrets(value, (*path, str(key)))
    elif isinstance(data, list):
        for value in data:
            _refuse_secrets(value, path)
    elif isinstance(data, str) and data:
        named = next((name for name, value in os.environ.items() if value == data and _SECRET.search(name)), None)
        if named or _SECRET.search(path[-1] if path else ""):
            where = ".".join(path)
            hint = f"write it into a cell, as a reference: {path[-1]}: ${{{named or 'NAME'}}}"
            raise ConfigValidationError(f"'{where}' may be a secret, and no text says where it is from", hint=hint)

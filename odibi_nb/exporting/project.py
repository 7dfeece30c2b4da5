"""`odibi.yaml`: the project, and its nodes by pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exporting.nodes import NodeWriter
from odibi_nb.exporting.parameters import defaults_for_vars
from odibi_nb.workspaces.sources import escaped

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["pipeline_of", "project_data"]

_ELSEWHERE = frozenset({"imports", "mocks", "pipeline", "pipelines", "tests"})


def project_data(ws: Workspace, writer: NodeWriter, *, imports: list[str]) -> dict[str, Any]:
    """Return what the project file says; its references stay as they are written."""
    written = _written(ws)
    said = {key: value for key, value in written.items() if key not in _ELSEWHERE}
    data = writer.move.project(said)
    if defaults := defaults_for_vars(ws):
        variables = data.get("vars") or {}
        data["vars"] = {**variables, **escaped(defaults)}
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
    resolved: dict[str, Any] = escaped(data)
    return resolved


def _pipelines(ws: Workspace, writer: NodeWriter, written: Any) -> Iterator[dict[str, Any]]:
    said = {one["pipeline"]: one for one in written or () if isinstance(one, Mapping) and "pipeline" in one}
    nodes: dict[str, list[dict[str, Any]]] = {}
    for node in ws.nodes.values():
        nodes.setdefault(pipeline_of(ws, node.pipeline), []).append(writer.data(node))
    for name, listed in nodes.items():
        yield {"pipeline": name, **{k: v for k, v in said.get(name, {}).items() if k not in ("pipeline", "nodes")}} | {
            "nodes": listed
        }

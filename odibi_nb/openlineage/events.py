"""A finished run as OpenLineage events: plain values, as its specification has them.

The client has classes for these, but importing it takes 0.3 s; a test compares the two.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import Source
from odibi_nb.pipeline.finished import source_of
from odibi_nb.runner.tasks import FunctionStep, SqlStep

if TYPE_CHECKING:
    from odibi_nb.connections.base import FileConnection
    from odibi_nb.history import NodeRecord
    from odibi_nb.pipeline.finished import FinishedRun
    from odibi_nb.runner import NodeResult, NodeTask

__all__ = ["events_of"]

Event = dict[str, Any]

_PRODUCER = "https://pypi.org/project/odibi_nb"
_SPEC = "https://openlineage.io/spec"
_ENDS = {"completed": "COMPLETE", "failed": "FAIL", "cancelled": "ABORT"}
_LONGEST_CODE = 20_000


def events_of(run: FinishedRun) -> Iterator[Event]:
    """Yield the events of a run and of the nodes that it has computed or written, in the order of time."""
    record, said = run.record, _Run(run)
    nodes = [node for node in record.nodes if node.status in _ENDS and (node.action == "run" or node.written)]
    reads = {node.name: said.inputs(node) for node in nodes}
    writes = {node.name: said.outputs(node) for node in nodes}
    files = [one for node in nodes for one in reads[node.name] if one["namespace"] != said.namespace]
    written = [one for node in nodes for one in writes[node.name] if one["namespace"] != said.namespace]
    yield said.event("START", record.started, said.job(), inputs=_once(files))
    found: list[tuple[float, Event]] = []
    for node in nodes:
        began = run.began.get(node.name, record.started)
        ended, job = min(began + node.duration_s, record.started + record.duration_s), said.job(node)
        found.append((began, said.event("START", began, job, node, inputs=reads[node.name])))
        kind = _ENDS[node.status]
        outputs = writes[node.name] if kind == "COMPLETE" else ()
        found.append((ended, said.event(kind, ended, job, node, inputs=reads[node.name], outputs=outputs)))
    yield from (event for _, event in sorted(found, key=lambda one: one[0]))
    ended = record.started + record.duration_s
    kind = _ENDS.get(record.status, "ABORT")
    yield said.event(kind, ended, said.job(), inputs=_once(files), outputs=_once(written))


class _Run:
    """What the events of one run share."""

    def __init__(self, run: FinishedRun) -> None:
        self._run, self._record = run, run.record
        self.namespace = os.environ.get("OPENLINEAGE_NAMESPACE") or "odibi_nb"

    def event(
        self,
        kind: str,
        at: float,
        job: dict[str, Any],
        node: NodeRecord | None = None,
        *,
        inputs: Sequence[Event] = (),
        outputs: Sequence[Event] = (),
    ) -> Event:
        return {
            "eventTime": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
            "eventType": kind,
            "run": {"runId": self._id(node), "facets": self._run_facets(kind, node)},
            "job": job,
            "inputs": list(inputs),
            "outputs": list(outputs),
            "producer": _PRODUCER,
            "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        }

    def job(self, node: NodeRecord | None = None) -> dict[str, Any]:
        """Return the job of the pipeline, or of one of its nodes."""
        kinds = {"processingType": "BATCH", "integration": "ODIBI_NB", "jobType": "TASK" if node else "DAG"}
        facets = {"jobType": _facet("2-0-4", "JobTypeJobFacet", **kinds)}
        if node is None:
            return {"namespace": self.namespace, "name": self._record.title, "facets": facets}
        task, said = self._run.task(node.name), self._run.said(node.name)
        if said.config.description:
            facets["documentation"] = _facet("1-1-0", "DocumentationJobFacet", description=said.config.description)
        queries = [step.written or step.facts.statement for step in task.steps if isinstance(step, SqlStep)]
        if queries:
            query = ";\n".join(queries)[:_LONGEST_CODE]
            facets["sql"] = _facet("1-1-0", "SQLJobFacet", query=query, dialect="duckdb")
        elif any(isinstance(step, FunctionStep) for step in task.steps):
            code = {"language": "python", "sourceCode": (said.code or source_of(task))[:_LONGEST_CODE]}
            facets["sourceCode"] = _facet("1-0-1", "SourceCodeJobFacet", **code)
        return {"namespace": self.namespace, "name": self._name(node.name), "facets": facets}

    def inputs(self, node: NodeRecord) -> list[Event]:
        """Return what a node has read: files, and results of other nodes."""
        task, result = self._run.task(node.name), self._run.results[node.name]
        found = [self._result(name) for name in task.depends_on if name in self._run.results]
        for name, source in _sources(task):
            columns = result.read.get(name) or (result.read.get(task.name) if name == task.name else None)
            found.append(_dataset(*_file(source.connection, source.path), columns))
        literals = {file.path for step in task.steps if isinstance(step, SqlStep) for file in step.facts.files}
        return _once([*found, *(_dataset(*_address(path), None) for path in sorted(literals))])

    def outputs(self, node: NodeRecord) -> list[Event]:
        """Return a node's result, and the file that it was written to."""
        task, result = self._run.task(node.name), self._run.results[node.name]
        found = [_counted(self._result(node.name), node.rows)] if node.action == "run" else []
        if node.written and task.target is not None:
            file = _dataset(*_file(task.target.connection, task.target.path), result.result_schema)
            found.append(_counted(file, result.rows_written))
        return found

    def _result(self, name: str) -> Event:
        return _dataset(self.namespace, self._name(name), _columns(self._run.results[name]))

    def _name(self, node: str) -> str:
        return f"{self._record.title}.{node}"

    def _id(self, node: NodeRecord | None) -> str:
        run_id = self._record.id
        return run_id if node is None else str(uuid.uuid5(uuid.UUID(run_id), node.name))

    def _run_facets(self, kind: str, node: NodeRecord | None) -> dict[str, Any]:
        versions = self._record.versions
        own = versions.get("odibi_nb", "0")
        told = {"version": versions.get("duckdb", "0"), "name": "DuckDB", "openlineageAdapterVersion": own}
        facets = {"processing_engine": _facet("1-1-1", "ProcessingEngineRunFacet", **told)}
        if node is not None:
            run, job = {"runId": self._record.id}, {"namespace": self.namespace, "name": self._record.title}
            facets["parent"] = _facet("1-2-0", "ParentRunFacet", run=run, job=job)
        errors = [one.error for one in (self._record.nodes if node is None else [node]) if one.error]
        if kind == "FAIL" and errors:
            said = {"message": errors[0], "programmingLanguage": "PYTHON"}
            facets["errorMessage"] = _facet("1-0-1", "ErrorMessageRunFacet", **said)
        return facets


def _sources(task: NodeTask) -> Iterator[tuple[str, Source]]:
    if task.source is not None:
        yield task.name, task.source
    yield from ((name, given) for name, given in task.inputs.items() if isinstance(given, Source))


def _columns(result: NodeResult) -> Iterable[tuple[str, str]] | None:
    return result.result_schema if result.rows_stand else None


def _dataset(namespace: str, name: str, columns: Iterable[tuple[str, str]] | None) -> Event:
    facets: dict[str, Any] = {}
    if fields := [{"name": column, "type": kind} for column, kind in columns or ()]:
        facets["schema"] = _facet("1-2-0", "SchemaDatasetFacet", fields=fields)
    if "://" in namespace or namespace == "file":
        uri = f"file://{name}" if namespace == "file" else f"{namespace}/{name}"
        facets["dataSource"] = _facet("1-0-1", "DatasourceDatasetFacet", name=namespace, uri=uri)
    return {"namespace": namespace, "name": name, "facets": facets}


def _counted(dataset: Event, rows: int | None) -> Event:
    if rows is None:
        return dataset
    facet = _facet("1-0-2", "OutputStatisticsOutputDatasetFacet", rowCount=rows)
    return {**dataset, "outputFacets": {"outputStatistics": facet}}


def _file(connection: FileConnection, path: str) -> tuple[str, str]:
    return _address(connection.get_path(path))


def _address(uri: str) -> tuple[str, str]:
    """Return namespace and name of a file, as OpenLineage's naming has them: by file system, then by place in it."""
    scheme, colon, rest = uri.partition("://")
    if colon and scheme != "file":
        host, _, path = rest.partition("/")
        return f"{scheme}://{host}", path
    return "file", Path(rest if colon else uri).as_posix()


def _once(datasets: Iterable[Event]) -> list[Event]:
    return list({(one["namespace"], one["name"]): one for one in datasets}.values())


def _facet(edition: str, kind: str, **values: object) -> dict[str, Any]:
    file = kind.removesuffix("OutputDatasetFacet") + "OutputDatasetFacet" if "OutputDataset" in kind else kind
    return {"_producer": _PRODUCER, "_schemaURL": f"{_SPEC}/facets/{edition}/{file}.json#/$defs/{kind}", **values}

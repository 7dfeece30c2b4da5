"""The story of a run of a `Pipeline` that was loaded from a project which says where stories go."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.history import NodeRecord, RunHistory, RunRecord, commit_of
from odibi_nb.pipeline.finished import FinishedRun, Said, node_record, rows_in, versions
from odibi_nb.pipeline.secrets import shown_parameter
from odibi_nb.pipeline.story_place import story_place

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig, PipelineConfig, ProjectConfig
    from odibi_nb.connections import BaseConnection
    from odibi_nb.runner import NodeTask, RunOutcome

__all__ = ["Reporting"]


@dataclass(frozen=True, slots=True)
class Reporting:
    """Writes down the runs of one pipeline of a project, in file."""

    project: ProjectConfig
    pipeline: PipelineConfig
    connections: Mapping[str, BaseConnection]
    file: Path

    def report(self, outcome: RunOutcome, tasks: Collection[NodeTask], *, workers: int) -> str | None:
        """Write a run down; return where its story is. What keeps it from being written is a warning."""
        folder = self.file.parent / ".odibi"
        history = RunHistory(folder)
        record = self._record(outcome, tasks, workers)
        history.end(record)
        configs = {node.name: node for node in self.pipeline.nodes}
        by_name = {task.name: task for task in tasks}
        run = FinishedRun(
            record,
            outcome.results,
            by_name.__getitem__,
            lambda name: _said(configs[name], self.pipeline.pipeline),
            self.file.parent,
            folder,
            history,
            story_place(self.project, self.connections, folder),
            outcome.notes,
        )
        for note in run.write():
            warnings.warn(note, stacklevel=3)
        history.close()
        return run.story_path

    def _record(self, outcome: RunOutcome, tasks: Collection[NodeTask], workers: int) -> RunRecord:
        nodes = tuple(self._node(outcome, task) for task in tasks if task.name in outcome.results)
        return RunRecord(
            id=str(uuid.uuid4()),
            owner=self.file.stem,
            title=self.pipeline.pipeline,
            kind="run",
            door="python",
            started=outcome.started,
            status=outcome.status,
            duration_s=outcome.duration,
            target=str(self.file),
            parameters={name: shown_parameter(name, value) for name, value in self.project.vars.items()},
            workers=workers,
            versions=versions(),
            commit=commit_of(self.file.parent),
        ).ended(nodes)

    def _node(self, outcome: RunOutcome, task: NodeTask) -> NodeRecord:
        above = [outcome.results.get(name) for name in task.depends_on]
        result = outcome.results[task.name]
        return node_record(result, ("run" if result.status != "skipped" else "skip", ""), rows_in(above))


def _said(config: NodeConfig, pipeline: str) -> Said:
    steps = config.transform.steps if config.transform else []
    code = "\n".join(step.sql or step.sql_file or step.operation or "" for step in steps).strip()
    return Said(config, code, "sql" if code and all(step.sql for step in steps) else "yaml", pipeline)

"""A pipeline's run, as Odibi's users read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from odibi_nb.exceptions import OdibiException
from odibi_nb.runner import NodeResult, RunOutcome

__all__ = ["PipelineResults", "node_dict"]


@dataclass(slots=True)
class PipelineResults:
    """Names by outcome, and each node's result.

    duration: seconds. start_time, end_time: ISO 8601, UTC. story_path: the run's report; None: none was written.
    """

    pipeline_name: str
    completed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    node_results: dict[str, NodeResult] = field(default_factory=dict)
    duration: float = 0.0
    start_time: str | None = None
    end_time: str | None = None
    story_path: str | None = None

    def __repr__(self) -> str:
        counts = {"completed": self.completed, "failed": self.failed, "skipped": self.skipped}
        told = ", ".join(f"{len(names)} {status}" for status, names in counts.items() if names) or "no node"
        return f"<results of {self.pipeline_name}: {told}>"

    @classmethod
    def of(cls, name: str, outcome: RunOutcome) -> Self:
        """Return a run's outcome under the pipeline's name."""
        return cls(
            pipeline_name=name,
            completed=outcome.names("completed"),
            failed=outcome.names("failed"),
            skipped=outcome.names("skipped", "cancelled"),
            node_results=dict(outcome.results),
            duration=outcome.duration,
            start_time=datetime.fromtimestamp(outcome.started, UTC).isoformat(),
            end_time=datetime.fromtimestamp(outcome.started + outcome.duration, UTC).isoformat(),
        )

    def get_node_result(self, name: str) -> NodeResult | None:
        """Return one node's result; None, as Odibi has it, where there is no such node."""
        return self.node_results.get(name)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "pipeline_name": self.pipeline_name,
            "completed": self.completed,
            "failed": self.failed,
            "skipped": self.skipped,
            "duration": self.duration,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "story_path": self.story_path,
            "node_count": len(self.node_results),
            "node_results": {name: node_dict(result) for name, result in self.node_results.items()},
        }


def node_dict(result: NodeResult) -> dict[str, Any]:
    """Return a node's result as plain JSON values; rows is exact, or null when the node has no result."""
    schema = result.result_schema
    has_rows = result.rows_stand or bool(result.expectations)  # also where they fail it
    return {
        "status": result.status,
        "rows": result.rows_processed if has_rows else None,
        "duration_s": round(result.duration, 6),
        "schema": None if schema is None else [_column_dict(column) for column in schema],
        "error": None if result.error is None else error_dict(result.error),
    }


def _column_dict(column: Any) -> dict[str, Any]:
    # A result made by hand may have names alone.
    return {"name": getattr(column, "name", column), "type": getattr(column, "type", None)}


def error_dict(error: Any) -> dict[str, Any]:
    """Return an error as plain JSON values; type: of what was raised first."""
    if not isinstance(error, OdibiException):  # of a result made by hand
        return {"type": type(error).__name__, "message": str(error), "cell": None, "line": None, "hint": None}
    return {
        "type": type(
            error.__cause__ if type(error).__name__ == "NodeExecutionError" and error.__cause__ else error
        ).__name__,
        "message": error.message,
        "cell": error.where.cell,
        "line": error.where.line,
        "hint": error.hint,
    }

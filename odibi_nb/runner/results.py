"""What is known of a node after a run, and of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from odibi_nb.exceptions import Interrupted

if TYPE_CHECKING:
    from odibi_nb.capture import NodeOutput
    from odibi_nb.engine.base import Dataset
    from odibi_nb.engine.schema import Schema
    from odibi_nb.exceptions import OdibiException
    from odibi_nb.expectations import ExpectationResult

__all__ = ["NodeResult", "Report", "RunOutcome", "Status"]

Status = Literal["pending", "running", "completed", "cached", "failed", "skipped", "cancelled", "stale"]


@dataclass(slots=True)
class NodeResult:
    """One node's outcome.

    duration: seconds. reason: why it was skipped or cancelled, in words. written: where its rows went.
    write_failed: it failed only in writing: its rows stand. output: what it printed, warned and logged.
    fused_into: the nodes whose queries evaluated it, when it wasn't computed by itself. read: the columns of the
    sources that it read, by the names of its inputs.
    metadata: the same in plain values, for those who come from Odibi.
    """

    node_name: str
    status: Status = "pending"
    duration: float = 0.0
    error: OdibiException | None = None
    reason: str = ""
    dataset: Dataset | None = None
    output: NodeOutput | None = None
    written: str = ""
    rows_written: int | None = None
    write_failed: bool = False
    fused_into: tuple[str, ...] = ()
    expectations: tuple[ExpectationResult, ...] = ()
    notes: tuple[str, ...] = ()
    badges: tuple[str, ...] = ()
    read: Mapping[str, Schema] = field(default_factory=dict)

    def __repr__(self) -> str:
        why = f", {str(self.error).partition(chr(10))[0]}" if self.error is not None else ""
        return f"<result of {self.node_name}: {self.status}{why}>"

    @property
    def success(self) -> bool:
        return self.status in ("completed", "cached")

    @property
    def rows_stand(self) -> bool:
        """Whether its rows are what the node says, written or not."""
        return self.success or self.write_failed

    @property
    def rows_processed(self) -> int | None:
        """The exact number of rows; None when there is no result. May run a counting query."""
        return self.dataset.count() if self.dataset is not None else None

    @property
    def result_schema(self) -> Schema | None:
        """Column names and DuckDB types, in order; None when there is no result."""
        return self.dataset.schema if self.dataset is not None else None

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "reason": self.reason,
            "written": self.written,
            "rows_written": self.rows_written,
            "fused_into": list(self.fused_into),
            "notes": list(self.notes),
        }


class Report(Protocol):
    """What a run leaves behind for those who weren't there; made once its results are shown, since it takes a moment.

    run_id: by what people call it. planned_path: where its story will be; story_path: where it is, once it is written.
    """

    @property
    def run_id(self) -> str: ...

    @property
    def planned_path(self) -> str | None: ...

    @property
    def story_path(self) -> str | None: ...

    def write(self) -> tuple[str, ...]:
        """Write it, the first time; return what there is to say of that."""
        ...


@dataclass(slots=True)
class RunOutcome:
    """A run's results by node, in the order of the graph.

    interrupted: Ctrl-C ended it. listener_error: what a listener has raised; it was told nothing more.
    notes: on the whole of it. report: what it leaves behind; None for a run that leaves nothing.
    """

    results: dict[str, NodeResult] = field(default_factory=dict)
    started: float = 0.0
    duration: float = 0.0
    interrupted: bool = False
    listener_error: Exception | None = None
    notes: tuple[str, ...] = ()
    report: Report | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        counts = Counter(result.status for result in self.results.values())
        return f"<run {self.status}: {', '.join(f'{count} {status}' for status, count in counts.items()) or 'no node'}>"

    def names(self, *statuses: Status) -> list[str]:
        return [name for name, result in self.results.items() if result.status in statuses]

    def interruption(self) -> Interrupted:
        """Return what is raised after Ctrl-C, with the number of nodes that it cancelled."""
        # A query of no node has a name that no node can have.
        return Interrupted(sum(name.isidentifier() for name in self.names("cancelled")))

    def raise_first(self) -> None:
        """Raise KeyboardInterrupt after Ctrl-C, else the first error of a node, if there is one."""
        if self.interrupted:
            raise self.interruption()
        for result in self.results.values():
            if result.error is not None:
                raise result.error

    def of(self, name: str) -> NodeResult:
        """Return a node's result, or that of the node that failed above it; raises KeyboardInterrupt after Ctrl-C."""
        if self.interrupted:
            raise self.interruption()
        return next((result for result in self.results.values() if result.status == "failed"), self.results[name])

    @property
    def status(self) -> Literal["completed", "failed", "cancelled"]:
        if self.interrupted:
            return "cancelled"
        return "failed" if self.names("failed") else "completed"

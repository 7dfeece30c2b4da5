"""A run that has ended, with all that its record and its story are made of."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

from odibi_nb.exceptions import OdibiException, shortened
from odibi_nb.history import NodeRecord, RunRecord
from odibi_nb.runner import FunctionStep, NodeResult

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig
    from odibi_nb.engine.base import Dataset
    from odibi_nb.history import RunHistory
    from odibi_nb.pipeline.story_place import StoryPlace
    from odibi_nb.runner import NodeTask

__all__ = ["FinishedRun", "Said", "error_line", "node_record", "rows_in", "source_of", "versions"]

# By name, not imported: it stands on views and pictures, far above what runs.
_REPORTING = "odibi_nb.story.report"
_LONGEST = 300
# What an error quotes may be a value of the data. Those about code quote names; DuckDB has names in double quotes.
_QUOTED, _IN_SINGLE, _NOTHING = re.compile(r"'[^']*'|\"[^\"]*\""), re.compile(r"'[^']*'"), re.compile(r"(?!)")
_ABOUT_CODE = frozenset(
    {"AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "SyntaxError", "TypeError"}
)
_OF_SQL = frozenset({"BinderException", "CatalogException", "ParserException", "TransformError"})
_PACKAGES = ("odibi_nb", "duckdb", "pandas", "pyarrow", "polars")


class Said(NamedTuple):
    """What the one who declared a node says: its keys, and its code as it was written."""

    config: NodeConfig
    code: str = ""
    language: str = ""
    pipeline: str = ""


@dataclass(slots=True)
class FinishedRun:
    """A run; `write` makes its story and its lineage events.

    results: in the order of the graph. task, said: give those of a node. history: None keeps none.
    place: None for a run that leaves no story. folder: `.odibi`, where lineage events go. began: when nodes did, in
    seconds since 1970.
    """

    record: RunRecord
    results: Mapping[str, NodeResult]
    task: Callable[[str], NodeTask]
    said: Callable[[str], Said]
    root: Path
    folder: Path
    history: RunHistory | None = None
    place: StoryPlace | None = None
    notes: tuple[str, ...] = ()
    began: Mapping[str, float] = field(default_factory=dict)
    story_path: str | None = field(default=None, init=False)
    _written: bool = field(default=False, init=False)

    @property
    def run_id(self) -> str:
        """By what people call it."""
        return self.record.short_id

    @property
    def planned_path(self) -> str | None:
        """Where the story will be."""
        return self.place.path(self.place.name(self.record)) if self.place is not None else None

    def write(self) -> tuple[str, ...]:
        """Write story and events, the first time; return what there is to say of that: the run itself is over."""
        if self._written:
            return ()
        self._written = True
        self.story_path, notes = import_module(_REPORTING).report(self)
        return tuple(notes)


def node_record(result: NodeResult, planned: tuple[str, str], rows_in: int | None) -> NodeRecord:
    """Return what is remembered of a node's part in a run; planned: action and reason. rows_in: of what is above."""
    data, action = result.dataset, planned[0]
    is_known = data is not None and (result.rows_stand or bool(result.expectations)) and bool(data.schema)
    columns = tuple((column.name, column.type) for column in data.schema) if data is not None and is_known else None
    return NodeRecord(
        name=result.node_name,
        status=result.status,
        action=action,
        reason=shortened(result.reason or planned[1], _LONGEST),
        rows=data.known_rows if data is not None and is_known else None,
        rows_in=rows_in if result.status in ("completed", "failed") else None,
        duration_s=result.duration if action == "run" else 0.0,
        columns=columns if action == "run" else None,
        written=result.written,
        error=error_line(result.error, [result.node_name, *(name for name, _ in columns or ())]),
    )


def rows_in(above: Iterable[NodeResult | Dataset | None]) -> int | None:
    """Return how many rows nodes have together; None where that isn't known of all, or none has rows but objects."""
    data = [one.dataset if isinstance(one, NodeResult) else one for one in above]
    data = [one for one in data if one is None or one.schema]
    counts = [one.known_rows if one is not None else None for one in data]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def error_line(error: OdibiException | None, names: Collection[str]) -> str:
    """Return an error in a line, with its place, and without what it quotes unless that is a name."""
    if error is None:
        return ""
    kind = type(error.__cause__ or error).__name__
    quoted = _NOTHING if kind in _ABOUT_CODE else _IN_SINGLE if kind in _OF_SQL else _QUOTED
    message = quoted.sub(lambda found: found[0] if found[0][1:-1] in names else "'…'", error.message.split("\n")[0])
    where = str(error.where)
    return shortened(f"{kind}: {message.removeprefix(f'{kind}: ')}" + (f" ({where})" if where else ""), _LONGEST)


def source_of(task: NodeTask) -> str:
    """Return the code of a node's functions; those of no file have none."""
    found = []
    for step in task.steps:
        if isinstance(step, FunctionStep):
            with suppress(OSError, TypeError):
                found.append(dedent(inspect.getsource(getattr(step.function, "real", step.function))))
    return "\n".join(found)


def versions() -> dict[str, str]:
    """Return the versions of what has computed, as far as it is loaded."""
    found = {"python": sys.version.split()[0]}
    for name in _PACKAGES:
        if (version := getattr(sys.modules.get(name), "__version__", None)) is not None:
            found[name] = str(version)
    return found

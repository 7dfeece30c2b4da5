"""What an engine is, and what it hands around: results as handles, never as frames.

The runner and everything above know engines only by this module.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from odibi_nb.engine.snapshots import NoSnapshots, Snapshot, Snapshots

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from odibi_nb.connections.base import FileConnection, FileStamp
    from odibi_nb.engine.policy import Choice, Shape
    from odibi_nb.engine.row_table import RowTable
    from odibi_nb.engine.schema import Schema
    from odibi_nb.exceptions import OdibiException
    from odibi_nb.formats.base import Format
    from odibi_nb.sql import SqlFacts

__all__ = [
    "ROW",
    "Batches",
    "Dataset",
    "Engine",
    "Form",
    "FrameKind",
    "Head",
    "Measured",
    "Query",
    "Readers",
    "Run",
    "Source",
    "Target",
    "text_sql",
]

Form = Literal["view", "table", "store"]
"""What a result becomes: a view is computed by whoever reads it, a table once, in memory, a stored one in a file."""

FrameKind = Literal["pandas", "arrow", "polars", "relation", "batches"]

Run = Callable[[str], Sequence[tuple[Any, ...]]]
T = TypeVar("T")

PREVIEW_ROWS, PREVIEW_COLUMNS, PREVIEW_CHARACTERS = 20, 20, 60

ROW = '"odibi row"'
"""What a row is called in conditions and orders; the space keeps its name from meeting a column's."""

Head = tuple[tuple[str | None, ...], ...]
"""Rows as texts: the first 20 columns, cut one character after the 60th; None is NULL."""


def text_sql(value: str, characters: int = PREVIEW_CHARACTERS + 1) -> str:
    """Return SQL of a value's text; its usual length shows that it had to be cut."""
    return f"left(CAST({value} AS VARCHAR), {characters})"


class Batches:
    """A result's rows batch by batch, to be read once; reader: of Arrow's record batches, until `close`."""

    def __init__(self, reader: Any, close: Callable[[], None] = lambda: None) -> None:
        self.reader, self.close = reader, close


class Dataset(ABC):
    """A node's result: a handle that says what it holds and gives it out on demand.

    schema: columns in order, with DuckDB types. notes: what the reader of the card should know.
    form: what the engine has made of it, None where it had no choice; form_reason: why, in words.
    """

    schema: Schema
    notes: tuple[str, ...] = ()
    form: Form | None = None
    form_reason: str = ""

    @property
    @abstractmethod
    def lazy(self) -> bool:
        """Whether its rows are still to be computed, by whoever reads them."""

    @property
    @abstractmethod
    def known_rows(self) -> int | None:
        """The exact number of rows where it costs nothing to say, else None."""

    @property
    def is_light(self) -> bool:
        """Whether all rows are there, or come from so little that nobody waits for them."""
        return not self.lazy

    @property
    def seconds(self) -> float:
        """What evaluating it has taken as a part of a reader's query, as far as that is known."""
        return 0.0

    @property
    def seconds_once(self) -> float | None:
        """The part of `seconds` for evaluating it once: a reader's query may do it several times; None: not known."""
        return None

    @property
    def head_rows(self) -> int:
        """How many rows a preview has seen so far: there are at least as many."""
        return 0

    @property
    def seen_whole(self) -> bool:
        """Whether a preview has come to the end of its rows, and computed every value of them."""
        return False

    @property
    def lost(self) -> str | None:
        """Why the rows can't be had any more as they were: "it was …"; None: they can."""
        return None

    @property
    def removed(self) -> bool:
        """Whether a file in which its rows were kept is gone."""
        return False

    @property
    def opened(self) -> Dataset:
        """What stands for this in a query: itself, unless it is still to be fetched."""
        return self

    def rows_up_to(self, most: int) -> int | None:
        """Return the exact number of rows if it is known, or no more than `most` and found in passing; else None."""
        return self.known_rows

    @abstractmethod
    def count(self) -> int:
        """Return the exact number of rows; may run a query."""

    @abstractmethod
    def head(self, rows: int = PREVIEW_ROWS) -> Head:
        """Return the first rows, in result order, as texts for the eye; see `Head`."""

    @abstractmethod
    def first(self, rows: int) -> pa.Table:
        """Return the first rows, in result order."""

    @abstractmethod
    def arrow(self) -> pa.Table:
        """Return all rows as a canonical Arrow table."""

    def passing_arrow(self) -> pa.Table:
        """Return all rows as `arrow` does, for somebody who lets go of them soon: no second form of them is kept."""
        return self.arrow()

    @abstractmethod
    def frame(self, kind: FrameKind = "pandas") -> Any:
        """Return all rows as a frame of the caller's own: changing it changes nothing else."""

    def batches(self) -> Batches:
        """Return all rows batch by batch, in result order; what isn't in memory stays out of it."""
        return Batches(self.frame("batches"))


@dataclass(frozen=True, slots=True)
class Source:
    """Files to read: where, in what format, with the format's options. types: see `Format.scan_sql`."""

    connection: FileConnection
    format: Format
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, str] | None = None

    def files(self) -> tuple[FileStamp, ...]:
        """Return the files there are now; raises SourceNotFoundError when there is none."""
        return self.connection.files(self.path, extensions=self.format.extensions)

    def uris(self) -> list[str]:
        """Return where these files are."""
        return [stamp.uri for stamp in self.files()]


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write, and how; keys: the columns that name a row (upsert, append_once)."""

    connection: FileConnection
    format: Format
    path: str
    mode: str = "overwrite"
    keys: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a node's last run has shown.

    texts: columns of them. seconds: that evaluating it once took; kept: and keeping its rows, in a table.
    """

    rows: int
    columns: int
    seconds: float
    kept: bool = False
    texts: int = 0


@dataclass(frozen=True, slots=True)
class Readers:
    """Who will read a result in this run, as far as it is known when the result is made.

    count: how often nodes read it. sink: it is written to a connection. keep: it must be evaluated in full,
    now (a leaf of a run). snapshot: the files that it reads are written in this run. overrule: `materialize`
    of the node; "lazy" is a view in any case, for those who bind a query and don't evaluate it.
    before: what its last run has shown; None: that isn't known.
    """

    count: int = 0
    sink: bool = False
    keep: bool = False
    snapshot: bool = False
    overrule: str | None = None
    before: Measured | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL statement over named inputs.

    name: the result's name in SQL, no other's in the run. facts: what the analysis found. params: values of `$name`s.
    inputs: results by the names that the SQL uses for them. private: some of these names mean this only
    here (`df`, aliases), not in the whole run. numbers: columns of one name are told apart by numbers, not refused.
    """

    name: str
    facts: SqlFacts
    inputs: Mapping[str, Dataset]
    params: Mapping[str, Any] = field(default_factory=dict)
    readers: Readers = Readers()
    private: bool = False
    numbers: bool = False


class Engine(ABC):
    """Reads, transforms and writes; one instance serves one workspace or pipeline, from several threads at once.

    Errors of the libraries below leave it as OdibiExceptions. Results stay valid until `close`.
    snapshots: where files are found that were parsed before.
    """

    name: ClassVar[str]
    snapshots: Snapshots = NoSnapshots()

    @abstractmethod
    def begin(self) -> None:
        """Open a fresh scope of names: results of one run never meet another run's names."""

    def serve(self, callers: int) -> None:  # noqa: B027 - an engine without threads of its own has nothing to do
        """Share the cores out anew: from now on so many threads call at once, each counted as one of the engine's."""

    @abstractmethod
    def read(self, source: Source, name: str, readers: Readers) -> Dataset:
        """Return what the source holds; name: no other result's in the run. Raises SourceNotFoundError, FormatError."""

    @abstractmethod
    def query(self, query: Query) -> Dataset:
        """Return the result of an SQL statement; raises TransformError at its line."""

    @abstractmethod
    def publish(self, value: Any, name: str, *, input_rows: int = 0) -> Dataset:
        """Return a handle on what a Python node returned.

        input_rows: how many rows its longest input had; a nameless index of smaller integers is what filtering
        and sorting leave behind. Raises NotAFrameError, and ValidationError naming the column at fault.
        """

    @abstractmethod
    def write(self, data: Dataset, target: Target) -> int:
        """Write atomically and return how many rows of `data` the target's file has taken in.

        Raises ConnectionError when the target can't be written, ValidationError when the rows don't fit it.
        """

    @abstractmethod
    def stored(self, target: Target, like: Schema) -> Dataset:
        """Return what the target's file holds now, with the types of `like` where it knows none and they fit.

        Raises SourceNotFoundError, FormatError.
        """

    @abstractmethod
    def save(self, data: Dataset, path: Path) -> None:
        """Write all rows to a Parquet file from which `load` gets them back as they are, types and order too.

        Raises FormatError for a column of a type that would lose something.
        """

    @abstractmethod
    def load(self, path: Path, schema: Schema, rows: int | None, *, held: object = None) -> Dataset:
        """Return the rows of a file that `save` wrote, to be read as they are needed.

        held: lives as long as they do. Raises FormatError where the file doesn't have these columns.
        """

    def adopt(self, data: Dataset, snapshot: Snapshot) -> None:
        """Let a lazy result of reading files be read from their snapshot; whoever reads it doesn't notice."""
        return

    @abstractmethod
    def put_away(self, data: Dataset) -> Dataset:
        """Return rows that are there as rows in a file; as they are, with a note, where a file would lose something."""

    @abstractmethod
    def keep_files(self, place: Callable[[], Path | None]) -> None:
        """Let rows that don't stay in memory go to the new file that `place` names; None: to the spill folder."""

    @abstractmethod
    def choose(self, shape: Shape, readers: Readers) -> Choice | None:
        """Return what a result of that shape becomes, and why; None: there is no choice, all is kept in memory."""

    @abstractmethod
    def beside(self) -> Engine:
        """Return an engine on the same data with a scope of names of its own, whatever run goes on in this one."""

    @abstractmethod
    def verify(self, data: Dataset) -> None:
        """Evaluate every row and column, keep nothing, and raise what goes wrong.

        The error's line is the query's own, provided that the lazy results below it can be evaluated.
        """

    @abstractmethod
    def is_about_rows(self, error: OdibiException) -> bool:
        """Tell whether computing rows raised it, so that a lazy result that was evaluated may be at fault."""

    def inspect(self, data: Dataset, work: Callable[[str, Run], T]) -> T:
        """Return `work(table, run)`: `run` executes SQL, in which `table` stands for `data`."""
        return self.inspect_many({"": data}, lambda tables, run: work(tables[""], run))

    @abstractmethod
    def inspect_many(self, datasets: Mapping[str, Dataset], work: Callable[[Mapping[str, str], Run], T]) -> T:
        """Return `work(tables, run)`: `run` executes SQL, in which `tables[name]` stands for `datasets[name]`."""

    @abstractmethod
    def row_table(self, data: Dataset) -> RowTable:
        """Return the rows of `data` as a table that is looked at page by page; what it makes goes with it."""

    @abstractmethod
    def interrupt(self) -> None:
        """Stop what runs now, from any thread; it raises NodeCancelled there.

        What is just about to start may be missed: ask again until it has stopped.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back memory, files and threads; handles become invalid."""

"""One DuckDB database in memory, used by many threads: cursors, interrupts, and names that go when unused."""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import duckdb

from odibi_nb.engine.limits import default_limits
from odibi_nb.engine.settings import set_globally
from odibi_nb.engine.spill import SpillFolder, spill_place
from odibi_nb.exceptions import EngineError, NodeCancelled
from odibi_nb.sql.parsing import give_back, new_database, take_database
from odibi_nb.sql.quote import quote_name, quote_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Cursor", "Leaf", "Place", "Session", "folded", "is_interrupt"]

T = TypeVar("T")

INTERRUPT_PAUSE_S = 0.05


class Place(NamedTuple):
    """Where a result is kept: a schema, the name in it, and what it is there (VIEW or TABLE)."""

    schema: str
    name: str
    kind: str

    def __str__(self) -> str:
        return f"{self.schema}.{quote_name(self.name)}"

    def answers_to(self, schema: str, name: str) -> bool:
        """Whether `name` means this where bare names are resolved in `schema`."""
        return self.schema == schema and folded(self.name) == folded(name)


def folded(name: str) -> bytes:
    """Fold a name as DuckDB does: ASCII letters only."""
    return name.encode().lower()


class Leaf:
    """An Arrow table under a name of its own; cursors see it once they have registered it."""

    _numbers = itertools.count(1)

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.name = f"odibi_value_{next(self._numbers)}"


class Cursor:
    """A connection of one thread at a time. Every call fetches to the end: DuckDB 2 keeps no second result open.

    plain: no setting of the user's may give SQL another meaning than it has by itself. is_profiling: statements are
    profiled; once that can't be ended, for an interrupt, the cursor is for nobody else.
    """

    def __init__(self, raw: duckdb.DuckDBPyConnection, *, plain: bool = True) -> None:
        self.raw, self.plain, self.is_profiling = raw, plain, False
        self._schema = ""
        self._leaves: dict[str, weakref.ref[Leaf]] = {}
        self._gone: deque[str] = deque()

    def run(self, sql: str | duckdb.Statement, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Execute and return all rows."""
        return self.raw.execute(sql, dict(params) if params else None).fetchall()

    def relation(
        self, sql: str | duckdb.Statement, params: Mapping[str, Any] | None = None, *, alias: str = ""
    ) -> duckdb.DuckDBPyRelation:
        """Bind a query without running it; alias: else DuckDB draws random numbers for one, which takes its time."""
        relation = self.raw.sql(sql, alias=alias, params=dict(params) if params else None)
        if relation is None:
            raise EngineError("the statement gives no rows")
        return relation

    def arrow(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Execute and return all rows as Arrow."""
        return self.relation(sql, params).to_arrow_table()

    @contextmanager
    def profiling(self) -> Iterator[None]:
        """Let DuckDB note what each operator does."""
        self.is_profiling = True
        try:
            self.run("PRAGMA enable_profiling = 'no_output'")
            yield
        finally:
            self.run("PRAGMA disable_profiling")
            self.is_profiling = False

    def profile(self) -> str:
        """Return what was noted of the last statement, as JSON."""
        noted: str = self.raw.get_profiling_information(format="json")
        return noted

    def use(self, schema: str) -> None:
        """Resolve bare names in `schema`; other cursors don't notice."""
        if schema != self._schema:
            self.run(f"USE {quote_name(schema)}")
            self._schema = schema

    def see(self, leaves: Iterable[Leaf]) -> None:
        """Make Arrow tables readable here by name, and let go of those nobody else holds."""
        while self._gone:
            name = self._gone.popleft()
            self.raw.unregister(name)
            del self._leaves[name]
        for leaf in leaves:
            if leaf.name not in self._leaves:
                self.raw.register(leaf.name, leaf.table)
                self._leaves[leaf.name] = weakref.ref(leaf, self._forgetting(leaf.name))

    def _forgetting(self, name: str) -> Callable[[object], None]:
        gone = self._gone  # not `self`: a leaf must not keep a cursor alive
        return lambda _: gone.append(name)


class Session:
    """The database behind a DuckDB engine.

    settings: DuckDB settings, set once for all cursors. root: where a relative temp_directory starts.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None, *, root: Path | None = None) -> None:
        self._settings, self._root = dict(settings or {}), root
        self._spill: SpillFolder | None = None
        self._opened: duckdb.DuckDBPyConnection | None = None
        self._opening = threading.Lock()
        # DuckDB starts `threads` less one of its own, whoever calls: with two callers that is a thread too many.
        self._callers = None if "external_threads" in self._settings else 1
        # Python nodes alone don't need it, and opening it costs as much as a hundred of them. Settings may be wrong.
        if settings:
            _ = self._database
        self._free: deque[Cursor] = deque()
        self._busy: set[Cursor] = set()
        self._lock = threading.Lock()
        self._garbage: deque[tuple[str, Place | None]] = deque()
        self._cleaning = threading.Lock()
        self._hop: ThreadPoolExecutor | None = None
        self._closed = False

    @property
    def _database(self) -> duckdb.DuckDBPyConnection:
        """The database, opened when it is first asked for."""
        with self._opening:
            if self._opened is None:
                given = dict(self._settings)
                self._spill = _spill_folder(given.pop("temp_directory", None), self._root)
                self._opened = _open(given, self._spill)
                weakref.finalize(self, give_back, self._opened)
            return self._opened

    def call(self, work: Callable[[Cursor], T], leaves: Iterable[Leaf] = ()) -> T:
        """Run `work` on a cursor, so that Ctrl-C can stop it; raises NodeCancelled when `interrupt` did.

        From the main thread it runs in another one: a signal that arrives while the main thread is inside
        DuckDB is missed more often than not.
        """
        return self._hopped(lambda: self._work(work, leaves))

    def call_on(self, cursor: Cursor, work: Callable[[Cursor], T]) -> T:
        """Run `work` as `call` does, on a cursor of the caller's own: one that goes on with a result, for instance."""
        return self._hopped(lambda: self._work_on(cursor, work))

    def _hopped(self, work: Callable[[], T]) -> T:
        if threading.current_thread() is not threading.main_thread():
            return work()
        future = Future[T]()  # before anything is handed over: Ctrl-C may come meanwhile
        try:
            self._hopper().submit(_settle, future, work)
            # In steps: a signal that comes just before a lock is waited for, or to another thread, wakes nobody.
            with suppress(TimeoutError):
                return future.result(timeout=INTERRUPT_PAUSE_S)
            while not future.done():
                wait([future], timeout=INTERRUPT_PAUSE_S)
            return future.result()
        except KeyboardInterrupt:
            self._stop(future)
            raise

    def serve(self, callers: int) -> None:
        """Let `callers` statements at once use `threads` threads between them; a setting of the user's stands."""
        if self._callers in (None, callers):
            return

        def work(cursor: Cursor) -> None:
            threads = cursor.run("SELECT current_setting('threads')")[0][0]
            cursor.run(f"SET GLOBAL external_threads = {min(callers, threads)}")

        self.call(work)
        self._callers = callers

    def interrupt(self) -> None:
        """Stop every statement that runs now; one that is about to start isn't reached."""
        with self._lock:
            for cursor in self._busy:
                cursor.raw.interrupt()

    def discard_with(self, owner: object, schema: str, place: Place | None = None) -> weakref.finalize[Any, Any]:
        """Drop `place`, or all of `schema`, some time after `owner` is gone."""
        return weakref.finalize(owner, self._garbage.append, (schema, place))

    def register_filesystem(self, filesystem: Any) -> None:
        """Let DuckDB open the URIs of an fsspec filesystem."""
        protocol = filesystem.protocol if isinstance(filesystem.protocol, str) else filesystem.protocol[0]
        with self._lock:
            if not self._database.filesystem_is_registered(protocol):
                self._database.register_filesystem(filesystem)

    def close(self) -> None:
        """Close the database; safe to call twice."""
        if self._hop:
            self._hop.shutdown(wait=True)
        with self._lock:
            self._closed = True
        while self._busy:  # looks at rows, beside all runs; DuckDB refuses to close what is in use
            self.interrupt()
            time.sleep(INTERRUPT_PAUSE_S)
        for cursor in self._free:
            cursor.raw.close()
        self._free.clear()
        if self._opened is not None:
            give_back(self._opened)
            self._opened.close()
        if self._spill:
            self._spill.remove()

    def relation_cursor(self, leaves: Iterable[Leaf]) -> Cursor:
        """Return a cursor that is the caller's for as long as a relation of it lives."""
        cursor = self._new_cursor()
        cursor.see(leaves)
        return cursor

    def _work(self, work: Callable[[Cursor], T], leaves: Iterable[Leaf]) -> T:
        with self._cursor() as cursor, _cancelling():
            self._clean(cursor)
            cursor.see(leaves)
            return work(cursor)

    def _new_cursor(self) -> Cursor:
        return Cursor(self._database.cursor(), plain=not self._settings)

    def _work_on(self, cursor: Cursor, work: Callable[[Cursor], T]) -> T:
        with self._lock:
            self._busy.add(cursor)
        try:
            with _cancelling():
                return work(cursor)
        finally:
            with self._lock:
                self._busy.discard(cursor)

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        with self._lock:
            if self._closed:
                raise EngineError("all results were dropped")
            cursor = self._free.pop() if self._free else self._new_cursor()
            self._busy.add(cursor)
        try:
            yield cursor
        finally:
            with self._lock:
                self._busy.discard(cursor)
                if cursor.is_profiling:
                    cursor.raw.close()
                else:
                    self._free.append(cursor)

    def _clean(self, cursor: Cursor) -> None:
        """Drop what nobody holds any more; a whole schema goes at once."""
        # One at a time: two threads that drop a schema and a view in it at once are an error in DuckDB.
        if not self._garbage or not self._cleaning.acquire(blocking=False):
            return
        try:
            gone: list[tuple[str, Place | None]] = []
            while self._garbage:
                gone.append(self._garbage.popleft())
            schemas = {schema for schema, place in gone if place is None}
            for schema in schemas:
                cursor.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            for schema, place in gone:
                if place is not None and schema not in schemas:
                    cursor.run(f"DROP {place.kind} IF EXISTS {place}")
        finally:
            self._cleaning.release()

    def _stop(self, future: Future[Any]) -> None:
        """Interrupt until the statement has let go of its cursor; what hasn't begun never will."""
        while not (future.cancel() or future.done()):
            self.interrupt()
            wait([future], timeout=INTERRUPT_PAUSE_S)

    def _hopper(self) -> ThreadPoolExecutor:
        if self._hop is None:
            self._hop = ThreadPoolExecutor(1, thread_name_prefix="odibi-duckdb")
        return self._hop


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as exc:  # noqa: BLE001 - it is raised where the result is waited for
        future.set_exception(exc)
        del future, work  # the exception holds this frame


@contextmanager
def _cancelling() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as exc:
        if is_interrupt(exc):
            raise NodeCancelled("interrupted") from exc
        raise


def is_interrupt(exc: duckdb.Error) -> bool:
    """Tell whether an interrupt raised this: DuckDB 1 wraps it when rows were being fetched."""
    return isinstance(exc, duckdb.InterruptException) or "INTERRUPT Error" in str(exc)


def _open(settings: Mapping[str, Any], spill: SpillFolder | None) -> duckdb.DuckDBPyConnection:
    # The user's settings may change how SQL is parsed; the parser stays as it is.
    database = new_database() if settings else take_database()
    try:
        _set_up(database, settings, spill)
    except BaseException:
        give_back(database)
        database.close()
        raise
    return database


def _set_up(database: duckdb.DuckDBPyConnection, settings: Mapping[str, Any], spill: SpillFolder | None) -> None:
    for key, value in _configuration(spill).items():
        database.execute(f"SET GLOBAL {key} = {quote_text(str(value))}")
    with suppress(duckdb.CatalogException):  # DuckDB 1 has no such threads
        # In 2.0.0 a COPY that fails waits for its writer threads, which wait for it: for ever.
        database.execute("SET GLOBAL async_threads = 0")
    for key, value in settings.items():
        set_globally(database, key, value)
    # It would move the marks that count rows into scans; see `engine/marks.py`.
    disabled = [str(settings[key]) for key in settings if key.casefold() == "disabled_optimizers"]
    database.execute(f"SET GLOBAL disabled_optimizers = {quote_text(','.join([*disabled, 'sampling_pushdown']))}")


def _spill_folder(chosen: Any, root: Path | None) -> SpillFolder | None:
    """Return a folder of its own, since DuckDB numbers its files from 0 in each database; None: "" was chosen."""
    if chosen is None:
        return SpillFolder(spill_place(root))
    return SpillFolder((root or Path()) / str(chosen)) if chosen else None


def _configuration(spill: SpillFolder | None) -> dict[str, str | int]:
    room = {"max_temp_directory_size": f"{spill.limit_bytes} bytes"} if spill else {}
    fixed: dict[str, str | int] = {"TimeZone": "UTC", "temp_directory": str(spill.path) if spill else ""}
    # Each binding and look at a result reads the footers of its files: 2 ms for one of 80 row groups. DuckDB
    # knows a file again by inode and time, and never one that was written within the last ten seconds.
    return {**fixed, "parquet_metadata_cache": "true", **room, **default_limits()}

"""The default engine: DuckDB reads, joins and writes; SQL nodes stay lazy views as long as that pays."""

from __future__ import annotations

import copy
import itertools
import re
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Run, Source, T, Target
from odibi_nb.engine.binding import bind
from odibi_nb.engine.counting import evaluate
from odibi_nb.engine.duckdb_dataset import DuckDataset, Names, Origin
from odibi_nb.engine.foresight import (
    as_input,
    bytes_of,
    literal_inputs,
    shape_of_kept,
    shape_of_read,
    watched_literals,
)
from odibi_nb.engine.keeping import Kept, form_made, keep, keep_in_file
from odibi_nb.engine.marks import Evaluated
from odibi_nb.engine.merge import merged
from odibi_nb.engine.narrowing import narrowed
from odibi_nb.engine.policy import SHARE_OF_MEMORY, Choice, Shape, choose_form, shape_of
from odibi_nb.engine.row_table import RowTable
from odibi_nb.engine.saving import copy_rows, lossy, read_sql, refuse_lossy, write_table
from odibi_nb.engine.schema import Schema
from odibi_nb.engine.session import Cursor, Leaf, Place, Session, folded
from odibi_nb.engine.spilled import RowsFiles, link_or_copy
from odibi_nb.engine.stored import stored_rows
from odibi_nb.engine.watch import Watched
from odibi_nb.exceptions import EngineError, OdibiException, SourceNotFoundError
from odibi_nb.sql.quote import quote_name, quote_text

if TYPE_CHECKING:
    from odibi_nb.connections.base import FileStamp
    from odibi_nb.engine.snapshots import Snapshot

__all__ = ["DuckDBEngine"]


class DuckDBEngine(Engine):
    """DuckDB for files and SQL; Python nodes get pandas frames, or what their annotation asks for.

    settings: DuckDB settings (`threads`, `memory_limit`, …). root: the project's folder.
    """

    name = "duckdb"
    _schema_numbers = itertools.count(1)

    def __init__(self, settings: Mapping[str, Any] | None = None, *, root: Path | None = None) -> None:
        self._session = Session(settings, root=root)
        self._files = RowsFiles(lambda: self._setting("temp_directory"))
        self._room: int | None = None
        self._lock_aliases = threading.Lock()
        self._lock_leaves = threading.Lock()
        self._leaves: weakref.WeakKeyDictionary[Dataset, Leaf] = weakref.WeakKeyDictionary()
        self.begin()

    def begin(self) -> None:
        self._scope = self._new_names()
        self._aliases: dict[bytes, weakref.ref[Dataset]] = {}
        self._drops: dict[str, weakref.finalize[Any, Any]] = {}

    def serve(self, callers: int) -> None:
        self._session.serve(callers)

    def read(self, source: Source, name: str, readers: Readers) -> Dataset:
        files = source.files()
        if (kept := self.snapshots.find(source, files)) is not None:
            return self._read_kept(kept, name, readers)
        data = self._parse(source, files, name, readers)
        self.snapshots.note_parsed(source, files, data)
        return data

    def query(self, query: Query) -> Dataset:
        facts, opened = query.facts, {alias: data.opened for alias, data in query.inputs.items()}
        inputs = tuple(opened.values())
        below = [data for data in inputs if isinstance(data, DuckDataset)]
        literals = watched_literals(facts)
        shape = shape_of(facts, {alias: as_input(one) for alias, one in opened.items()}, literal_inputs(literals))
        private = query.private or bool(facts.macros)
        origin = Origin(
            self._new_names() if private else self._scope,
            facts.statement,
            query.params,
            inputs=opened,
            leaves=frozenset().union(*(self._leaves_of(data) for data in inputs)),
            depth=shape.depth,
            scans=shape.scans,
            files=(*literals, *_each_once(file for data in below for file in data.files)),
            explainers=_each_once(explainer for data in below for explainer in data.explainers),
            places={alias: str(self._place_of(data)) for alias, data in opened.items()},
            same_rows_as=_input_named(facts.row_preserving_of, opened),
            own_macros=bool(facts.macros),
        )
        setup = self._private_names(origin.names, query) if private else self._shared_names(query)
        return self._create(query.name, origin, self.choose(shape, query.readers), setup, numbers=query.numbers)

    def choose(self, shape: Shape, readers: Readers) -> Choice:
        return choose_form(shape, readers, self._room_for_tables)

    def publish(self, value: Any, name: str, *, input_rows: int = 0) -> Dataset:
        from odibi_nb.engine.values import publish_value

        if isinstance(value, Iterator):
            from odibi_nb.engine.intake import take_in

            return take_in(self._session, self._scope, value, name)
        return publish_value(value, name, input_rows=input_rows)

    def write(self, data: Dataset, target: Target) -> int:
        merge = merged(self, data, target)
        written = self._store(merge.rows, target)
        if target.mode == "overwrite" and isinstance(data := data.opened, DuckDataset):
            data.learn_rows(written)
        return merge.new_rows

    def save(self, data: Dataset, path: Path) -> None:
        refuse_lossy(data.schema)
        data = data.opened
        if isinstance(data, DuckDataset) and data.file is not None:
            link_or_copy(data.file.path, path)
        elif isinstance(data, DuckDataset):
            data.evaluate(lambda cursor: copy_rows(cursor, str(data.place), path))
        else:
            write_table(data.passing_arrow(), path)

    def load(self, path: Path, schema: Schema, rows: int | None, *, held: object = None) -> Dataset:
        text = self._session.call(lambda cursor: read_sql(cursor, path, schema))
        origin = Origin(self._new_names(), text, files=(Watched.stored(path),))
        data = self._create("rows", origin, Choice("view", ""))
        data.settle(rows, held)
        data.form = None  # whatever it was made as, in another session
        return data

    def adopt(self, data: Dataset, snapshot: Snapshot) -> None:
        if isinstance(data, DuckDataset) and data.lazy:
            text = self._session.call(lambda cursor: read_sql(cursor, snapshot.path, snapshot.schema))
            self._session.call(lambda cursor: cursor.run(f"CREATE OR REPLACE VIEW {data.place} AS {text}"))
            data.move(Origin.of_snapshot(data.names, text, snapshot), snapshot.rows, snapshot.held)

    def keep_files(self, place: Callable[[], Path | None]) -> None:
        self._files.place = place

    def put_away(self, data: Dataset) -> Dataset:
        if problem := lossy(data.schema):
            data.notes = (*data.notes, f"kept in memory: {problem}")
            return data
        file = self._files.new()
        self.save(data, file.path)
        stored = self.load(file.path, data.schema, data.known_rows)
        assert isinstance(stored, DuckDataset)  # noqa: S101 - this engine has no others
        stored.take_file(file)
        stored.notes, stored.form, stored.form_reason = data.notes, "store", "materialize: store"
        return stored

    def beside(self) -> DuckDBEngine:
        twin = copy.copy(self)
        twin.begin()
        return twin

    def stored(self, target: Target, like: Schema) -> Dataset:
        return stored_rows(self, target, like)

    def verify(self, data: Dataset) -> None:
        if isinstance(data := data.opened, DuckDataset) and data.lazy:
            data.verify()

    def is_about_rows(self, error: OdibiException) -> bool:
        cause = error.__cause__
        if isinstance(error, SourceNotFoundError):  # it went away before a view of it was evaluated
            return True
        if isinstance(error, EngineError):  # out of memory: computing it all once more would only take as long
            return False
        return isinstance(cause, duckdb.Error) and not isinstance(cause, _ABOUT_TEXT)

    def inspect_many(self, datasets: Mapping[str, Dataset], work: Callable[[Mapping[str, str], Run], T]) -> T:
        tables = {name: str(self._place_of(data)) for name, data in datasets.items()}
        return self._over(datasets.values(), lambda cursor: work(tables, cursor.run))

    def row_table(self, data: Dataset) -> RowTable:
        place = str(self._place_of(data))
        return RowTable(self._session, data.opened, place, self._new_names(), partial(self._over, [data]))

    def interrupt(self) -> None:
        self._session.interrupt()

    def close(self) -> None:
        self._session.close()
        self._files.close()

    @property
    def _room_for_tables(self) -> int:
        if self._room is None:
            self._room = bytes_of(self._setting("memory_limit")) // SHARE_OF_MEMORY
        return self._room

    def _setting(self, name: str) -> str:
        return str(self._session.call(lambda cursor: cursor.run(f"SELECT current_setting('{name}')"))[0][0])

    def _new_names(self) -> Names:
        names = Names(f"odibi_{next(self._schema_numbers)}")
        self._session.discard_with(names, names.schema)
        return names

    def _parse(self, source: Source, files: tuple[FileStamp, ...], name: str, readers: Readers) -> Dataset:
        opener, uris = source.connection.open, [file.uri for file in files]
        self._register(source)
        options = source.format.check(opener, uris, source.options)
        scan = source.format.scan_sql(uris, options, source.types)
        if scan is None:
            return self.publish(source.format.read_arrow(opener, uris, options), name)

        def explain(exc: duckdb.Error) -> OdibiException | None:
            return source.format.explain(exc, opener, uris, options)

        typed, size = source.format.typed, sum(file.size_bytes for file in files)
        choice = self.choose(shape_of_read(source, size), readers)
        watched = Watched(source.path, source.files, files, size, tuple(uris), parsed=not typed)
        data = self._create(name, Origin(self._scope, f"FROM {scan}", files=(watched,), explainers=(explain,)), choice)
        if typed and len(files) <= _FOOTERS:
            data.count()
        return data

    def _read_kept(self, kept: Snapshot, name: str, readers: Readers) -> Dataset:
        """Return rows that were parsed before: read as those of a Parquet file are."""
        text = self._session.call(lambda cursor: read_sql(cursor, kept.path, kept.schema))
        origin = Origin.of_snapshot(self._scope, text, kept)
        data = self._create(name, origin, self.choose(shape_of_kept(kept), readers))
        data.move(origin, kept.rows, kept.held)
        data.notes = kept.notes
        return data

    def _register(self, place: Source | Target) -> None:
        if (filesystem := place.connection.filesystem()) is not None:
            self._session.register_filesystem(filesystem)

    def _private_names(self, names: Names, query: Query) -> list[str]:
        """Return the statements that make a query's inputs and macros known to it alone."""
        views = [_view(names, alias, self._place_of(data)) for alias, data in query.inputs.items()]
        # A temporary macro would be the cursor's, not the schema's.
        macros = [_TEMPORARY.sub(r"\1 ", macro, count=1) for macro in query.facts.macros]
        return [*views, *macros]

    def _shared_names(self, query: Query) -> list[str]:
        """Let the run's scope know the query's inputs that don't live there; nothing is left to be done."""
        for alias, data in query.inputs.items():
            place = self._place_of(data)
            if not (isinstance(place, Place) and place.answers_to(self._scope.schema, alias)):
                self._alias(alias, data, place)
        return []

    def _alias(self, alias: str, data: Dataset, place: Place | str) -> None:
        with self._lock_aliases:  # one owner per name: two threads creating it at once is an error in DuckDB
            known = self._aliases.get(folded(alias))
            if known is None or known() is not data:
                scope = self._scope

                def work(cursor: Cursor) -> None:
                    scope.enter(cursor)
                    cursor.run(_view(scope, alias, place))

                self._session.call(work, self._leaves_of(data))
                self._aliases[folded(alias)] = weakref.ref(data)

    def _create(
        self, name: str, origin: Origin, choice: Choice, setup: Iterable[str] = (), *, numbers: bool = False
    ) -> DuckDataset:
        """Bind a query, check its columns, and keep it under `name`; numbers: see `Query`."""
        place = Place(origin.names.schema, name, "VIEW" if choice.form == "view" else "TABLE")
        file = self._files.new() if choice.form == "store" else None
        # A node that is tried again finds what its last attempt has left.
        leftover = self._keep_no_longer(place)

        def work(cursor: Cursor) -> tuple[tuple[str, ...], Schema, Kept]:
            nonlocal file
            origin.names.enter(cursor)
            with origin.explaining():
                for statement in setup:
                    cursor.run(statement)
                if leftover is not None:
                    cursor.run(f"DROP {leftover.kind} {leftover}")
            columns, notes = bind(cursor, origin, numbers=numbers)
            schema = narrowed(columns)
            if file is not None and (problem := lossy(schema)):
                file, notes = None, (*notes, f"kept in memory: {problem}")
            if file is not None:
                return notes, schema, keep_in_file(cursor, place, origin, columns, file.path)
            return notes, schema, keep(cursor, place, origin, columns)

        notes, schema, kept = self._session.call(work, origin.leaves)
        settled = origin if file is None else origin.settled()
        data = DuckDataset(self._session, kept.place, schema, settled, kept.rows, body=kept.text)
        data.notes = notes
        data.form, data.form_reason = form_made(kept.place, file, choice)
        if kept.rows is not None:
            origin.learn_rows(kept.rows)
        if file is not None:
            data.take_file(file)
        self._drops[str(place)] = self._session.discard_with(data, kept.place.schema, kept.place)
        return data

    def _keep_no_longer(self, place: Place) -> Place | None:
        """Return what is kept under this name still, no longer to be dropped with its handle."""
        drop = self._drops.pop(str(place), None)
        alive = drop.detach() if drop is not None else None
        return alive[2][0][1] if alive is not None else None

    def _place_of(self, data: Dataset) -> Place | str:
        data = data.opened
        return data.place if isinstance(data, DuckDataset) else self._leaf(data).name

    def _leaves_of(self, data: Dataset) -> frozenset[Leaf]:
        data = data.opened
        return data.leaves if isinstance(data, DuckDataset) else frozenset([self._leaf(data)])

    def _leaf(self, data: Dataset) -> Leaf:
        with self._lock_leaves:
            if data not in self._leaves:
                self._leaves[data] = Leaf(data.arrow())
            return self._leaves[data]

    def _over(self, datasets: Collection[Dataset], work: Callable[[Cursor], T]) -> T:
        """Run queries over results; raises what is wrong with their rows."""
        opened = [data.opened for data in datasets]
        explainers = (one for data in opened if isinstance(data, DuckDataset) for one in data.explainers)
        about = Origin(self._scope, "", explainers=tuple(explainers))

        def explained(cursor: Cursor) -> T:
            with about.explaining():
                return work(cursor)

        return self._session.call(explained, frozenset().union(*map(self._leaves_of, datasets)))

    def _store(self, data: Dataset, target: Target) -> int:
        """Write all rows of `data` to the target's file; the old file stays until the new one is whole."""
        data = data.opened
        form, place = target.format, self._place_of(data)
        options = form.copy_sql(target.path, target.options)
        columns = ", ".join(form.column_sql(column.name, column.type) for column in data.schema)
        self._register(target)

        def copy(cursor: Cursor, uri: str) -> int:
            into = f"TO {quote_text(uri)} ({options})"
            plain, text = (f"SELECT {columns} FROM {one}" for one in (place, _ROWS))
            query = Evaluated(plain, text, {_ROWS: data}, {_ROWS: str(place)}, same_rows=data)
            try:
                written = evaluate(cursor, query, cursor.run, lambda text: f"COPY ({text}) {into}")
            except duckdb.IOException as exc:
                # The same kind of error tells of a source that went away.
                raise target.connection.write_error(target.path, exc) if uri in str(exc) else exc from exc
            return int(written[0][0])

        def append(cursor: Cursor, uri: str) -> int:
            # Not as a stream: its errors come disguised as pyarrow's.
            table = cursor.arrow(f"FROM {place}")
            with target.connection.open(uri, "wb") as file:
                form.write_arrow(table.to_reader(), file, target.options)
            return int(table.num_rows)

        def work(cursor: Cursor) -> int:
            with target.connection.replacing(target.path) as uri:
                return append(cursor, uri) if options is None else copy(cursor, uri)

        return self._over([data], work)


_ABOUT_TEXT = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_TEMPORARY = re.compile(r"(CREATE(?:\s+OR\s+REPLACE)?)\s+TEMP(?:ORARY)?\s", re.IGNORECASE)


def _input_named(name: str | None, inputs: Iterable[str]) -> str | None:
    return next((one for one in inputs if name is not None and folded(one) == folded(name)), None)


def _each_once(found: Iterable[T]) -> tuple[T, ...]:
    """Return what a graph of diamonds comes upon by many ways; the same is the same object."""
    return tuple({id(one): one for one in found}.values())


_ROWS = "odibi_rows"
"""What a query that writes a result calls it."""

_FOOTERS = 16
"""Files that know their number of rows are asked for it, up to this many: it is in their footers."""


def _view(names: Names, alias: str, place: Place | str) -> str:
    return f"CREATE OR REPLACE VIEW {names.schema}.{quote_name(alias)} AS FROM {place}"

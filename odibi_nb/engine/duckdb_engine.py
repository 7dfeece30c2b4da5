"""The default engine: DuckDB reads, joins and writes; SQL nodes stay lazy views as long as that pays."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from odibi_nb.engine.base import PREVIEW_ROWS, Dataset, Engine, FrameKind, Query, Readers, Run, Source, T, Target
from odibi_nb.engine.merge import merged
from odibi_nb.engine.policy import Form, Shape, choose_form
from odibi_nb.engine.session import Cursor, Leaf, Session
from odibi_nb.engine.types import Column, Schema, canonical_table
from odibi_nb.engine.values import check_names, publish_value, table_to_frame
from odibi_nb.exceptions import OdibiException
from odibi_nb.sql import explain_sql_error
from odibi_nb.sql.quote import quote_name, quote_text

__all__ = ["DuckDBEngine"]


class DuckDataset(Dataset):
    """A view or table in the session, and the Arrow tables below it.

    rows: the exact count where it is known. inputs: kept alive as long as this is.
    """

    def __init__(self, session: Session, place: str, schema: Schema, *, form: Form, origin: _Origin) -> None:
        self._session, self.place, self.schema = session, place, schema
        self.form, self.origin = form, origin
        self._rows = origin.rows
        self._head: pa.Table | None = None
        session.discard_with(self, f"DROP {form.upper()} IF EXISTS {place}")

    @property
    def lazy(self) -> bool:
        return self.form == "view"

    @property
    def known_rows(self) -> int | None:
        return self._rows

    @property
    def head_rows(self) -> int:
        return self._head.num_rows if self._head is not None else 0

    @property
    def depth(self) -> int:
        return self.origin.depth if self.lazy else 0

    @property
    def leaves(self) -> frozenset[Leaf]:
        return self.origin.leaves if self.lazy else frozenset()

    def learn_rows(self, rows: int) -> None:
        """Remember an exact count that a write or a whole read came across."""
        self._rows = rows

    def count(self) -> int:
        if self._rows is None:
            self._rows = self._evaluate(lambda cursor: cursor.run(f"SELECT count(*) FROM {self.place}"))[0][0]
        return self._rows

    def head(self, rows: int = PREVIEW_ROWS) -> pa.Table:
        if self._head is None or (self._head.num_rows < rows and self._head.num_rows != self._rows):
            wanted = max(rows, PREVIEW_ROWS)
            found = self._evaluate(lambda cursor: cursor.arrow(f"FROM {self.place} LIMIT {wanted + 1}"))
            if found.num_rows <= wanted:
                self._rows = found.num_rows
            self._head = canonical_table(found.slice(0, wanted))
        return self._head.slice(0, rows)

    def arrow(self) -> pa.Table:
        table = canonical_table(self._evaluate(lambda cursor: cursor.arrow(f"FROM {self.place}")))
        self._rows = table.num_rows
        return table

    def frame(self, kind: FrameKind = "pandas") -> Any:
        if kind == "relation":
            cursor = self._session.relation_cursor(self.leaves)
            return cursor.relation(f"FROM {self.place}")
        return table_to_frame(self.arrow(), kind)

    def verify(self) -> None:
        """Compute every value of every row; keep one number."""
        self._evaluate(lambda cursor: cursor.run(f"SELECT max(hash(t)) FROM {self.place} AS t"))

    def _evaluate(self, work: Any) -> Any:
        try:
            return self._session.call(work, self.leaves)
        except duckdb.Error as exc:
            raise self.origin.explain(exc) from exc


class _Names:
    """A schema of the database; dropped when no result in it is left."""

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True)
class _Origin:
    """What a dataset came from: what must stay alive below it, and how to explain its errors."""

    names: _Names
    explain: Callable[[duckdb.Error], OdibiException]
    inputs: tuple[Dataset, ...] = ()
    leaves: frozenset[Leaf] = frozenset()
    depth: int = 0
    rows: int | None = None


class DuckDBEngine(Engine):
    """DuckDB for files and SQL; Python nodes get pandas frames, or what their annotation asks for.

    settings: DuckDB settings (`threads`, `memory_limit`, …).
    """

    name = "duckdb"

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self._session = Session(settings)
        self._lock_names = threading.Lock()
        self._lock_leaves = threading.Lock()
        self._aliases: dict[tuple[str, str], weakref.ref[Dataset]] = {}
        self._leaves: weakref.WeakKeyDictionary[Dataset, Leaf] = weakref.WeakKeyDictionary()
        self.begin()

    def begin(self) -> None:
        self._scope = self._open_schema()
        self._aliases = {}

    def read(self, source: Source, name: str, readers: Readers = Readers()) -> Dataset:
        uris, opener = source.uris(), source.connection.open
        if (filesystem := source.connection.filesystem()) is not None:
            self._session.register_filesystem(filesystem)
        scan = source.format.scan_sql(uris, source.options, source.types)
        if scan is None:
            return publish_value(source.format.read_arrow(opener, uris, source.options), name)
        source.format.check(opener, uris, source.options)

        def explain(exc: duckdb.Error) -> OdibiException:
            return source.format.explain(exc, opener, uris, source.options) or _explain(exc, scan)

        form, _ = choose_form(Shape(reparses=not source.format.typed), readers)
        return self._create(name, f"FROM {scan}", _Origin(self._scope, explain), form)

    def query(self, query: Query) -> Dataset:
        facts, inputs = query.facts, tuple(query.inputs.values())
        schema = self._open_schema() if _needs_own_names(query) else self._scope
        origin = _Origin(
            schema,
            explain=lambda exc: _explain(exc, facts.statement),
            inputs=inputs,
            leaves=frozenset().union(*(self._leaves_of(data) for data in inputs)),
            depth=1 + max((data.depth for data in inputs if isinstance(data, DuckDataset)), default=0),
        )
        for macro in facts.macros:
            self._run(schema, macro, origin)
        for alias, data in query.inputs.items():
            self._alias(schema, alias, data)
        shape = Shape(inputs, bool(facts.volatile), facts.blocking, bool(facts.files), origin.depth)
        form, _ = choose_form(shape, query.readers)
        return self._create(query.name, facts.statement, origin, form, query.params)

    def publish(self, value: Any, name: str) -> Dataset:
        return publish_value(value, name)

    def write(self, data: Dataset, target: Target) -> int:
        written = self._store(merged(self, data, target), target)
        if target.mode != "overwrite":
            return data.count()
        if isinstance(data, DuckDataset):
            data.learn_rows(written)
        return written

    def verify(self, data: Dataset) -> None:
        if isinstance(data, DuckDataset) and data.lazy:
            data.verify()

    def inspect(self, data: Dataset, work: Callable[[str, Run], T]) -> T:
        place = self._place_of(data)
        try:
            return self._session.call(lambda cursor: work(place, cursor.run), self._leaves_of(data))
        except duckdb.Error as exc:
            raise (data.origin.explain(exc) if isinstance(data, DuckDataset) else _explain(exc, place)) from exc

    def interrupt(self) -> None:
        self._session.interrupt()

    def close(self) -> None:
        self._session.close()

    def _open_schema(self) -> _Names:
        schema = _Names(f"odibi_{next(_NUMBERS)}")
        self._session.call(lambda cursor: cursor.run(f"CREATE SCHEMA {schema.name}"))
        self._session.discard_with(schema, f"DROP SCHEMA IF EXISTS {schema.name} CASCADE")
        return schema

    def _run(self, schema: _Names, statement: str, origin: _Origin) -> None:
        def work(cursor: Cursor) -> None:
            cursor.use(schema.name)
            cursor.run(statement)

        self._guarded(work, origin)

    def _create(
        self, name: str, text: str, origin: _Origin, form: Form, params: Mapping[str, Any] | None = None
    ) -> Dataset:
        """Bind `text`, check its columns, and keep it under `name` in the origin's schema."""

        def work(cursor: Cursor) -> tuple[Schema, Form, int | None]:
            cursor.use(origin.names.name)
            relation = cursor.relation(text, params)
            columns = tuple(Column(*pair) for pair in zip(relation.columns, map(str, relation.types), strict=True))
            check_names([column.name for column in columns])
            narrow, schema = _narrowed(text, columns)
            return schema, *_keep(cursor, name, narrow, form, params)

        schema, form, rows = self._guarded(work, origin)
        place = f"{origin.names.name}.{quote_name(name)}"
        return DuckDataset(self._session, place, schema, form=form, origin=replace(origin, rows=rows))

    def _guarded(self, work: Callable[[Cursor], T], origin: _Origin) -> T:
        try:
            return self._session.call(work, origin.leaves)
        except duckdb.Error as exc:
            raise origin.explain(exc) from exc

    def _alias(self, schema: _Names, alias: str, data: Dataset) -> None:
        """Let the SQL in `schema` read `data` as `alias`."""
        place = self._place_of(data)
        if place == f"{schema.name}.{quote_name(alias)}":
            return
        with self._lock_names:  # one owner per name: two threads creating it at once is an error in DuckDB
            known = self._aliases.get((schema.name, alias))
            if known is None or known() is not data:
                statement = f"CREATE OR REPLACE VIEW {schema.name}.{quote_name(alias)} AS FROM {place}"
                self._session.call(lambda cursor: cursor.run(statement), self._leaves_of(data))
                self._aliases[schema.name, alias] = weakref.ref(data)

    def _place_of(self, data: Dataset) -> str:
        return data.place if isinstance(data, DuckDataset) else self._leaf(data).name

    def _leaves_of(self, data: Dataset) -> frozenset[Leaf]:
        return data.leaves if isinstance(data, DuckDataset) else frozenset([self._leaf(data)])

    def _leaf(self, data: Dataset) -> Leaf:
        with self._lock_leaves:
            if data not in self._leaves:
                self._leaves[data] = Leaf(data.arrow())
            return self._leaves[data]

    def _store(self, data: Dataset, target: Target) -> int:
        """Write all rows of `data` to the target's file; the old file stays until the new one is whole."""
        form, place = target.format, self._place_of(data)
        options = form.copy_sql(target.path, target.options)
        columns = ", ".join(form.column_sql(column.name, column.type) for column in data.schema)
        if (filesystem := target.connection.filesystem()) is not None:
            self._session.register_filesystem(filesystem)

        def work(cursor: Cursor) -> int:
            with target.connection.replacing(target.path) as uri:
                if options is not None:
                    copied = cursor.run(f"COPY (SELECT {columns} FROM {place}) TO {quote_text(uri)} ({options})")
                    return int(copied[0][0])
                with target.connection.open(uri, "wb") as file:
                    form.write_arrow(cursor.relation(f"FROM {place}").to_arrow_reader(), file, target.options)
            return data.count()

        try:
            return self._session.call(work, self._leaves_of(data))
        except duckdb.IOException as exc:
            raise target.connection.write_error(target.path, exc) from exc
        except duckdb.Error as exc:
            raise (data.origin.explain(exc) if isinstance(data, DuckDataset) else _explain(exc, place)) from exc


_NUMBERS = itertools.count(1)
_NARROW = {"HUGEINT": "BIGINT", "UHUGEINT": "BIGINT", '"NULL"': "VARCHAR", "TIMESTAMP_S": "TIMESTAMP"} | {
    "TIMESTAMP_MS": "TIMESTAMP"
}


def _needs_own_names(query: Query) -> bool:
    """Whether the names in this query mean something else than in the rest of the run."""
    return bool(query.facts.macros) or query.private


def _narrowed(text: str, columns: Schema) -> tuple[str, Schema]:
    """Cast what the type table doesn't have (sums of integers are HUGEINT, which Parquet would make a float)."""
    casts = [
        f"CAST({quote_name(c.name)} AS {_NARROW[c.type]}) AS {quote_name(c.name)}" for c in columns if c.type in _NARROW
    ]
    if not casts:
        return text, columns
    schema = tuple(Column(c.name, _NARROW.get(c.type, c.type)) for c in columns)
    return f"SELECT * REPLACE ({', '.join(casts)}) FROM ({text}\n)", schema


def _keep(
    cursor: Cursor, name: str, text: str, form: Form, params: Mapping[str, Any] | None
) -> tuple[Form, int | None]:
    """Create the view or table; some statements (PIVOT over data) can't be views."""
    if form == "view":
        try:
            cursor.relation(text, params).create_view(name) if params else cursor.run(
                f"CREATE VIEW {quote_name(name)} AS {text}"
            )
        except duckdb.ParserException:
            return _keep(cursor, name, text, "table", params)
        return "view", None
    rows = cursor.run(f"CREATE TABLE {quote_name(name)} AS {text}", params)
    return "table", int(rows[0][0])


def _explain(exc: duckdb.Error, text: str) -> OdibiException:
    error = explain_sql_error(exc, text).as_error()
    if "INT128" in error.message:
        error.hint = "the number doesn't fit a BIGINT: CAST it to DECIMAL(38, 0) or DOUBLE"
    return error

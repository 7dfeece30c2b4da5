"""Texts as DuckDB's parser reads them, each read once: a third of what a small query costs is parsing it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["builtin_functions", "give_back", "new_database", "parsed", "statements_of", "take_database"]


@lru_cache(maxsize=4096)
def statements_of(text: str) -> tuple[duckdb.Statement, ...]:
    """Return the statements of a text; none of an unclosed comment or the like. Raises duckdb.ParserException."""
    with _parser.connection() as connection:
        return tuple(connection.extract_statements(text))


@cache
def builtin_functions() -> frozenset[str]:
    """Return the names of DuckDB's own functions and macros, folded."""
    with _parser.connection() as connection:
        found = connection.execute("SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal").fetchall()
    return frozenset(name.casefold() for (name,) in found)


def parsed(text: str) -> duckdb.Statement | str:
    """Return a statement that can be executed any number of times without being parsed again.

    What are several statements stays text, as a PIVOT does in DuckDB 1: only that is executed as a whole.
    """
    statements = statements_of(text)
    return statements[0] if len(statements) == 1 else text


def take_database() -> duckdb.DuckDBPyConnection:
    """Return a new, plain database for the caller to set up and keep, until `give_back`."""
    return _parser.take_database()


def give_back(database: duckdb.DuckDBPyConnection) -> None:
    """Let nothing but its owner hold on to a database that was taken."""
    _parser.give_back(database)


class _Parser:
    """A connection that parses, one thread at a time.

    Opening a database costs as much as parsing a hundred texts: an engine takes the parser's, which goes on in it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._taken: duckdb.DuckDBPyConnection | None = None
        self._given_back = False

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._lock:
                self._let_go()
                if self._connection is None:
                    self._connection = new_database()
                yield self._connection
        finally:
            if self._given_back:
                self._try_to_let_go()

    def take_database(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            self._let_go()
            if self._taken is not None:
                return new_database()
            self._taken = self._connection or new_database()
            self._connection = self._taken.cursor()
            return self._taken

    def give_back(self, database: duckdb.DuckDBPyConnection) -> None:
        if self._taken is database:
            self._given_back = True
            self._try_to_let_go()

    def _try_to_let_go(self) -> None:
        # An owner may be collected at any time, also while its own thread parses.
        if self._lock.acquire(blocking=False):
            try:
                self._let_go()
            finally:
                self._lock.release()

    def _let_go(self) -> None:
        if self._given_back and self._connection is not None:
            self._connection.close()
            self._connection = self._taken = None
            self._given_back = False


def new_database() -> duckdb.DuckDBPyConnection:
    """Return a database in memory that neither reads Python variables nor fetches extensions."""
    import duckdb

    # With a thread of its own it opens in a third of the usual time; who takes it says how many there are to be.
    plain: dict[str, str | bool | int | float | list[str]] = {"threads": 1}
    plain |= {"autoinstall_known_extensions": "false", "python_enable_replacements": "false"}
    return duckdb.connect(":memory:", config=plain)


_parser = _Parser()

"""The SQLite file: made when it is first written, shared by processes, set aside where it can't be read."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

__all__ = ["Database"]

T = TypeVar("T")

_VERSION = 1
_PATIENCE_S = 5.0
_NAME = "history.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
    door TEXT NOT NULL, started REAL NOT NULL, status TEXT NOT NULL, duration_s REAL NOT NULL, target TEXT NOT NULL,
    facts TEXT NOT NULL, git TEXT, dirty INTEGER, story TEXT NOT NULL DEFAULT '',
    story_removed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS runs_of_owner ON runs (owner, kind, seq);
CREATE TABLE IF NOT EXISTS nodes (
    run INTEGER NOT NULL, name TEXT NOT NULL, place INTEGER NOT NULL, status TEXT NOT NULL, action TEXT NOT NULL,
    reason TEXT NOT NULL, rows INTEGER, rows_in INTEGER, duration_s REAL NOT NULL, columns TEXT, written TEXT NOT NULL,
    error TEXT NOT NULL, fingerprint TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_of_node ON nodes (name, run);
CREATE TABLE IF NOT EXISTS columns (digest TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID;
"""


class Database:
    """The file in a folder. note: why it can't be used, or what has become of it, in words; "" while all is well."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _NAME
        self.note = ""
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do something in one transaction; None, and a note, where that can't be done."""

        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                return work(connection)

        return self._work(transaction)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Look something up; None where there is nothing yet, or it can't be done."""
        with self._lock:
            return self._work(work) if self._connection is not None or self.path.exists() else None

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._closing()
                self._connection = None

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._lock:
            for last in (False, True):
                try:
                    return work(self._opened())
                except _NewerError:
                    self._set_aside("a newer odibi_nb has written it")
                except (sqlite3.Error, OSError) as exc:
                    if last or not _is_damaged(exc):
                        self.note = f"the run history {self.path} can't be used: {_why(exc)}"
                        self.close()
                        return None
                    self._set_aside("it can't be read")
        return None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            _make_folder(self.path.parent)
            self._connection = sqlite3.connect(
                self.path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            self._closing = weakref.finalize(self, self._connection.close)
            _prepare(self._connection)
        return self._connection

    def _set_aside(self, why: str) -> None:
        """Begin a new file; the old one stays beside it."""
        self.close()
        other = self.path.with_name(f"history-{time.strftime('%Y%m%d-%H%M%S')}.sqlite")
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self.path}{suffix}").rename(f"{other}{suffix}")
        self.note = f"the run history was set aside as {other.name}: {why}"


class _NewerError(Exception):
    """The file is of a later version than this."""


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise _NewerError
    # Readers and one writer at once; what a power cut may lose is the last run, never the file.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if version < _VERSION:
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")


def _is_damaged(error: Exception) -> bool:
    """Whether the file is no database any more; one that is locked, or full, is."""
    codes = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    primary = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    lacks = isinstance(error, sqlite3.OperationalError) and str(error).startswith(("no such", "table "))
    return primary in codes or lacks


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error)


def _make_folder(folder: Path) -> None:
    ignored = folder / ".gitignore"
    if not ignored.exists():
        folder.mkdir(parents=True, exist_ok=True)
        ignored.write_text("*\n", encoding="utf-8")

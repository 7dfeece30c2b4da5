"""Runs written down and asked for again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from odibi_nb.history.database import Database
from odibi_nb.history.models import NodeRecord, RunRecord

__all__ = ["RunHistory"]

_LOOKED_BACK = 20
"""How many earlier runs timings come from, and schemas."""
_MOST_CELLS = 500
_FACTS = ("selectors", "exclude", "parameters", "workers", "versions", "process", "statuses", "cached", "failed")
_Columns = tuple[tuple[str, str], ...]


class RunHistory:
    """The runs of all notebooks and projects of a folder; what can't be written or read is a note, never an error."""

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder)
        self._told = ""

    @property
    def note(self) -> str:
        """What is to be said of the file; "" while all is well."""
        return self._database.note

    def news(self) -> str:
        """Return the note, unless it was told before."""
        told, self._told = self._told, self.note
        return "" if told == self._told else self._told

    def begin(self, run: RunRecord) -> None:
        """Write down that a run has begun: it may be killed. Of cells long gone the records go: a slider makes many."""

        def write(db: sqlite3.Connection) -> None:
            _put(db, run)
            _forget_cells(db, run.owner)

        self._database.write(write)

    def end(self, run: RunRecord) -> None:
        """Write down a run with its nodes."""
        self._database.write(partial(_put_whole, run=run))

    def note_report(self, run_id: str, commit: str | None, story: str, *, dirty: bool | None) -> None:
        """Remember what is known of a run once its report is made, and where that is."""
        query, values = "UPDATE runs SET git = ?, dirty = ?, story = ? WHERE id = ?", (commit, dirty, story, run_id)
        self._database.write(lambda db: db.execute(query, values))

    def note_stories_removed(self, stories: Collection[str]) -> None:
        gone = [(story,) for story in stories]
        self._database.write(lambda db: db.executemany("UPDATE runs SET story_removed = 1 WHERE story = ?", gone))

    def runs(self, *, owner: str | None = None, kind: str = "run", most: int = 100) -> list[RunRecord]:
        """Return the last runs, the latest first, without their nodes."""
        query = "SELECT * FROM runs WHERE kind = ? AND (? IS NULL OR owner = ?) ORDER BY seq DESC LIMIT ?"
        return self._read(lambda db: [_run(db, row) for row in db.execute(query, (kind, owner, owner, most))]) or []

    def ids(self, owner: str | None = None) -> list[str]:
        """Return the ids of all runs, not of cells, the latest first."""
        query = "SELECT id FROM runs WHERE kind = 'run' AND (? IS NULL OR owner = ?) ORDER BY seq DESC"
        return self._read(lambda db: [one for (one,) in db.execute(query, (owner, owner))]) or []

    def get(self, run_id: str) -> RunRecord | None:
        """Return a run with its nodes."""
        query = "SELECT * FROM runs WHERE id = ?"
        found = self._read(lambda db: [_run(db, row, whole=True) for row in db.execute(query, (run_id,))])
        return found[0] if found else None

    def durations(self, owner: str, names: Collection[str]) -> dict[str, float]:
        """Return the seconds that nodes took in their last run that computed them in full."""
        timings = self.timings(owner, most=_LOOKED_BACK)
        return {name: timings[name][0] for name in names if name in timings}

    def timings(self, owner: str, *, before: str = "", most: int = _LOOKED_BACK) -> dict[str, list[float]]:
        """Return the seconds that each node took in the last runs that computed it in full, the latest first.

        before: the id of a run; only earlier ones count.
        """
        query = f"""SELECT name, duration_s FROM nodes WHERE status = 'completed' AND action = 'run'
            AND run IN ({_EARLIER} AND kind = 'run' ORDER BY seq DESC LIMIT ?) ORDER BY run DESC"""
        found: dict[str, list[float]] = {}
        for name, seconds in self._read(lambda db: db.execute(query, (owner, before, most)).fetchall()) or []:
            found.setdefault(name, []).append(seconds)
        return found

    def columns_before(self, owner: str, run_id: str) -> dict[str, _Columns]:
        """Return the columns that each node had last before a run, be it in a cell."""
        query = f"""SELECT name, c.columns, max(run) FROM nodes JOIN columns c ON c.digest = nodes.columns
            WHERE run IN ({_EARLIER} ORDER BY seq DESC LIMIT ?) GROUP BY name"""
        rows = self._read(lambda db: db.execute(query, (owner, run_id, 5 * _LOOKED_BACK)).fetchall()) or []
        return {name: _columns(text) for name, text, _ in rows}

    def node_at(self, run: RunRecord, name: str) -> NodeRecord | None:
        """Return what was last told of a node's result by a run, or before it: it may have been there already."""
        query = f"""SELECT {_NODE} FROM nodes LEFT JOIN columns c ON c.digest = nodes.columns
            WHERE name = ? AND nodes.columns IS NOT NULL
            AND run IN (SELECT seq FROM runs WHERE owner = ? AND seq <= (SELECT seq FROM runs WHERE id = ?))
            ORDER BY run DESC LIMIT 1"""
        found = self._read(lambda db: db.execute(query, (name, run.owner, run.id)).fetchone())
        return _node(found) if found is not None else None

    def close(self) -> None:
        self._database.close()

    def _read(self, work: Any) -> Any:
        return self._database.read(work)


_NODE = "name, status, action, reason, rows, rows_in, duration_s, c.columns, written, error, fingerprint, code"
_EARLIER = "SELECT seq FROM runs WHERE owner = ? AND seq < coalesce((SELECT seq FROM runs WHERE id = ?), 1e18)"


def _put(db: sqlite3.Connection, run: RunRecord) -> int:
    """Write a run down, or anew; return its number."""
    facts = {name: getattr(run, name) for name in _FACTS}
    values = (
        *(run.id, run.owner, run.kind, run.title, run.door, run.started, run.status, run.duration_s, run.target),
        *(json.dumps(facts, default=dict), run.commit, run.dirty),
    )
    db.execute(
        "INSERT INTO runs (id, owner, kind, title, door, started, status, duration_s, target, facts, git, dirty)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET started = excluded.started,"
        " status = excluded.status, duration_s = excluded.duration_s, facts = excluded.facts, git = excluded.git",
        values,
    )
    (number,) = db.execute("SELECT seq FROM runs WHERE id = ?", (run.id,)).fetchone()
    return int(number)


def _forget_cells(db: sqlite3.Connection, owner: str) -> None:
    query = "SELECT seq FROM runs WHERE owner = ? AND kind = 'cell' ORDER BY seq DESC LIMIT -1 OFFSET ?"
    gone = db.execute(query, (owner, _MOST_CELLS)).fetchall()
    db.executemany("DELETE FROM nodes WHERE run = ?", gone)
    db.executemany("DELETE FROM runs WHERE seq = ?", gone)


def _put_whole(db: sqlite3.Connection, run: RunRecord) -> None:
    number = _put(db, run)
    texts = {node.columns: json.dumps(node.columns) for node in run.nodes if node.columns is not None}
    digests = {columns: blake2b(text.encode(), digest_size=12).hexdigest() for columns, text in texts.items()}
    known = [(digests[columns], text) for columns, text in texts.items()]
    db.executemany("INSERT OR IGNORE INTO columns VALUES (?, ?)", known)
    db.executemany(
        "INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, *_values(node, place, digests)) for place, node in enumerate(run.nodes)),
    )


def _values(node: NodeRecord, place: int, digests: Mapping[_Columns, str]) -> tuple[Any, ...]:
    columns = digests[node.columns] if node.columns is not None else None
    counted = (node.rows, node.rows_in, node.duration_s, columns)
    ends = (node.written, node.error, node.fingerprint, node.code)
    return (node.name, place, node.status, node.action, node.reason, *counted, *ends)


def _run(db: sqlite3.Connection, row: tuple[Any, ...], *, whole: bool = False) -> RunRecord:
    seq, run_id, owner, kind, title, door, started, status, duration_s, target, facts, commit, dirty, story, gone = row
    said = json.loads(facts)
    process = said.pop("process", 0)
    if status == "running" and not _is_alive(process):
        status = "cancelled"
    said |= {name: tuple(said[name]) for name in ("selectors", "exclude", "cached", "failed")}
    return RunRecord(
        id=run_id,
        owner=owner,
        title=title,
        kind=kind,
        door=door,
        started=started,
        status=status,
        duration_s=duration_s,
        target=target,
        commit=commit,
        dirty=None if dirty is None else bool(dirty),
        story=story,
        story_removed=bool(gone),
        process=process,
        nodes=tuple(_nodes(db, seq)) if whole else (),
        **said,
    )


def _nodes(db: sqlite3.Connection, seq: int) -> Iterator[NodeRecord]:
    query = f"SELECT {_NODE} FROM nodes LEFT JOIN columns c ON c.digest = nodes.columns WHERE run = ? ORDER BY place"
    yield from map(_node, db.execute(query, (seq,)))


def _node(row: tuple[Any, ...]) -> NodeRecord:
    name, status, action, reason, rows, rows_in, seconds, columns, *rest = row
    told = None if columns is None else _columns(columns)
    return NodeRecord(name, status, action, reason, rows, rows_in, seconds, told, *rest)


@lru_cache(maxsize=1_000)
def _columns(text: str) -> _Columns:
    return tuple((name, kind) for name, kind in json.loads(text))


def _is_alive(process: int) -> bool:
    """Whether the process that runs something still does, on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process > 0

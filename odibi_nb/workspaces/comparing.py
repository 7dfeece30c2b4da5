"""A node's result against another one: what it was before, what is written, any file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from odibi_nb.comparison import Comparison, Request, SchemaChanges, compare, compare_columns
from odibi_nb.engine.base import Target
from odibi_nb.exceptions import OdibiException, SourceNotFoundError, UsageError
from odibi_nb.workspaces.computed import evaluated, has_rows

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig
    from odibi_nb.engine.base import Dataset
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Other", "compare_last", "compare_to", "find_other"]

AUTOMATIC_ROWS, AUTOMATIC_COLUMNS = 1_000_000, 200
"""Rows, and columns of them, up to which a card compares them by itself."""


@dataclass(frozen=True, slots=True)
class Other:
    """What a result is to be compared with.

    called: what to call it. rows: those of an earlier result; target: a file that holds them. reason: why there are
    none. note: what to know of them.
    """

    called: str
    rows: Dataset | None = None
    target: Target | None = None
    reason: str = ""
    note: str = ""


def compare_last(ws: Workspace, name: str, *, sample: int) -> Comparison | None:
    """Compare a node's result with the one before, as far as that takes no time worth mentioning.

    None: there is none before, or it was of the same declaration and files. An error of the rows is the reason why
    they were not compared.
    """
    with ws.lock:
        result, previous = ws.result(name), ws.previous(name)
        if result is None or previous is None or not ws.has_new_result(name) or ws.status(name) == "stale":
            return None
    before, after = previous.dataset, result.dataset
    if before is None or after is None or not (before.schema and after.schema and has_rows(result)):
        return None
    try:
        if reason := _gone(before) or _too_many(name, after) or _too_many(name, before):
            return compare_columns(before, after, reason)
        return compare(ws.engine, before, after, Request(likely=_likely_keys(ws, name), sample=sample))
    except OdibiException as exc:
        return compare_columns(before, after, f"rows not compared: {exc.message}")


def compare_to(ws: Workspace, name: str, after: Dataset, other: Other, request: Request) -> Comparison:
    """Compare the rows of a node with others.

    Raises UsageError and ValidationError for a key that pairs no rows, FormatError for a file that can't be read; an
    error of the node's rows at the node it comes from.
    """
    before = ws.engine.stored(other.target, after.schema) if other.target is not None else other.rows
    if before is None:
        return Comparison(after.schema, after.schema, SchemaChanges(), reason=other.reason)
    request = replace(request, likely=_likely_keys(ws, name))
    return evaluated(ws, name, lambda: compare(ws.engine, before, after, request), before=before)


def find_other(ws: Workspace, name: str, against: str) -> Other:
    """Return what a node's result is to be compared with: "previous", "written", or a file, as CONN:PATH.

    Raises UsageError, ConnectionError, FormatError, SourceNotFoundError.
    """
    if against == "previous":
        return _previous(ws, name)
    if against == "written":
        return _written(ws, name)
    connection, _, path = against.partition(":")
    source = ws.nodes.source(connection, path)
    source.files()
    return Other(against, target=Target(source.connection, source.format, source.path))


def _previous(ws: Workspace, name: str) -> Other:
    previous, called = ws.previous(name), "the previous result"
    if previous is None or previous.dataset is None or not previous.dataset.schema:
        return Other(called, reason="there is no previous result: neither the node nor its files have changed yet")
    if reason := _gone(previous.dataset):
        return Other(called, reason=reason)
    return Other(called, previous.dataset)


def _written(ws: Workspace, name: str) -> Other:
    target = ws.nodes.ready(name).target
    if target is None:
        raise UsageError(f"node '{name}' writes nothing", hint="compare it with a file: --against CONN:PATH", node=name)
    called = f"{target.connection.name}:{target.path}"
    if not target.connection.exists(target.path):
        problem = f"nothing is written to {called} yet"
        raise SourceNotFoundError(problem, hint="`run` writes it", node=name)
    note = "" if target.mode == "overwrite" else f"mode {target.mode}: the file may hold rows of earlier runs too"
    return Other(called, target=target, note=note)


def _gone(before: Dataset) -> str:
    return f"the rows before are gone: they were {before.lost}" if before.lost else ""


def _too_many(name: str, data: Dataset) -> str:
    rows, columns = data.rows_up_to(AUTOMATIC_ROWS), len(data.schema)
    if rows is not None and rows <= AUTOMATIC_ROWS and columns <= AUTOMATIC_COLUMNS:
        return ""
    why = f"{columns:,} columns" if columns > AUTOMATIC_COLUMNS else f"over {AUTOMATIC_ROWS:,}"
    why = "not counted yet" if rows is None else why
    return f"rows not compared ({why}): %odibi diff {name}"


def _likely_keys(ws: Workspace, name: str) -> tuple[tuple[str, ...], ...]:
    """Return the columns that the node itself says name a row: keys of its write, then unique ones."""
    return tuple(_declared_keys(ws.nodes[name].config))


def _declared_keys(config: NodeConfig) -> Iterator[tuple[str, ...]]:
    if config.write is not None and config.write.keys:
        yield tuple(config.write.keys)
    for test in config.validation.tests if config.validation else ():
        if test.type == "unique":
            yield tuple(test.checked_columns)

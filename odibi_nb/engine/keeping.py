"""Queries kept as views, tables or files, each under its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb

from odibi_nb.engine.base import Form
from odibi_nb.engine.counting import evaluate
from odibi_nb.engine.duckdb_dataset import Origin
from odibi_nb.engine.marks import Evaluated
from odibi_nb.engine.narrowing import casts, enclosed, narrowed
from odibi_nb.engine.policy import Choice
from odibi_nb.engine.saving import copy_sql, read_sql
from odibi_nb.engine.schema import Schema
from odibi_nb.engine.session import Cursor, Place
from odibi_nb.engine.spilled import RowsFile
from odibi_nb.sql.quote import quote_name

__all__ = ["Kept", "form_made", "keep", "keep_in_file"]


class Kept(NamedTuple):
    """Where a query's result is kept; text: the view's. rows: their number, where all were computed."""

    place: Place
    text: str = ""
    rows: int | None = None


def keep(cursor: Cursor, place: Place, origin: Origin, columns: Schema) -> Kept:
    """Create the view or table; what is no SELECT (PIVOT, SUMMARIZE) may only be a table, from within parentheses."""
    whole = enclosed(origin.text, columns)
    try:
        return _make(cursor, place, origin, whole if casts(columns) else f"\n{origin.text}")
    except duckdb.ParserException:
        return _make(cursor, place._replace(kind="TABLE"), origin, whole)


def keep_in_file(cursor: Cursor, place: Place, origin: Origin, columns: Schema, path: Path) -> Kept:
    """Write a query's rows to a file as they are computed, and create the view that reads them."""
    text = enclosed(origin.text, columns)
    with origin.explaining(copy_sql(text, path), first_line=0):
        rows = _evaluated(cursor, origin, text, lambda query: copy_sql(query, path))
    view, body = place._replace(kind="VIEW"), read_sql(cursor, path, narrowed(columns))
    cursor.run(f"CREATE VIEW {quote_name(place.name)} AS {body}")
    return Kept(view, body, rows if rows is not None else _counted(cursor, view))


def _make(cursor: Cursor, place: Place, origin: Origin, text: str) -> Kept:
    """Create the view or table; the query begins on line 2 of `text`."""
    create = f"CREATE {place.kind} {quote_name(place.name)} AS "
    with origin.explaining(f"{create}{text}", first_line=0, leave=duckdb.ParserException):
        if place.kind == "TABLE":
            rows = _evaluated(cursor, origin, text, lambda query: f"{create}{query}")
            return Kept(place, text, rows if rows is not None else _counted(cursor, place))
        if origin.params:  # a prepared CREATE VIEW has no parameters, a relation's has
            cursor.relation(text, origin.params).create_view(place.name)
        else:
            cursor.run(f"{create}{text}")
    return Kept(place, text)


def _evaluated(cursor: Cursor, origin: Origin, text: str, statement: Callable[[str], str]) -> int | None:
    """Run a statement of a query, and return how many rows that was.

    None: it doesn't tell; a PIVOT is carried out as several statements, of which the last doesn't count.
    """
    query = Evaluated(text, text, origin.inputs, origin.places, origin.params, origin.same_rows)
    counted = evaluate(cursor, query, cursor.run, statement)
    return int(counted[0][0]) if counted else None


def _counted(cursor: Cursor, place: Place) -> int:
    return int(cursor.run(f"SELECT count(*) FROM {place}")[0][0])


def form_made(kept: Place, file: RowsFile | None, choice: Choice) -> tuple[Form, str]:
    """Return what a result has become in the end, and why."""
    if file is not None:
        return choice
    form: Form = "view" if kept.kind == "VIEW" else "table"
    return form, "DuckDB makes no view of it" if (form, choice.form) == ("table", "view") else choice.reason

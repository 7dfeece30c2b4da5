"""What a step knows of an SQL error that DuckDB doesn't: whose value it is, what a path means, who an alias is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from odibi_nb.exceptions import OdibiException, did_you_mean
from odibi_nb.sql.tokens import Token, name_of, position, tokenize

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.runner.tasks import SqlStep

__all__ = ["about_column", "advised"]

_SHOWN_COLUMNS = 20
# DuckDB takes a small table for a list of values, and then says neither its name nor its columns.
_COLUMN = re.compile(r'Values list "((?:[^"]|"")+)" does not have a column named "((?:[^"]|"")+)"')
_BAD_VALUE = re.compile(r"TRY_CAST|try_strptime")
_SOURCE = re.compile(r"(\w{2,}):(?!//)(.+)")  # one letter is a drive of Windows


def advised(error: OdibiException, step: SqlStep) -> OdibiException:
    """Give an error the hint that fits the step: a bad value may be a parameter's, a path one of a connection."""
    if _BAD_VALUE.search(error.hint or "") and (name := _parameter_with(error.message, step)) is not None:
        error.hint = f"that is the value of ${name}: give it another one in vars, %odibi params or --param"
        if error.where.line is None and (used := _first(step.written, f"${name}")) is not None:
            line, column = position(step.written, used.start)
            error.where = replace(error.where, line=line, column=column)
    elif "No files found that match" in error.message and (path := _source_in(error.message, step)) is not None:
        error.hint = f"if it is a path of a connection, make it a node: %odibi_node NAME --read {path}"
    return error


def about_column(error: OdibiException, step: SqlStep, inputs: Mapping[str, Dataset]) -> OdibiException:
    """Say of a column that a small table hasn't got what is said of a large one's; it points at its first use."""
    found = _COLUMN.search(error.message)
    if found is None:
        return error
    alias, column = (name.replace('""', '"') for name in found.groups())
    tokens = tokenize(step.facts.statement)
    if (table := _table_of(alias, tokens, inputs)) is None:
        return error
    columns = [one.name for one in inputs[table].schema]
    listed = f"columns: {', '.join(columns[:_SHOWN_COLUMNS])}"
    error.message = f"'{step.inputs.get(table, table)}' has no column '{column}'"
    error.hint = did_you_mean(column, columns) or listed
    uses = zip(tokens, tokens[1:], tokens[2:], strict=False)
    first = next((b for a, dot, b in uses if _names(a, alias) and dot.key == "." and _names(b, column)), None)
    if first is not None:
        line, at = position(step.facts.statement, first.start)
        error.where = replace(error.where, line=line, column=at)
    return error


def _parameter_with(message: str, step: SqlStep) -> str | None:
    """Return the parameter whose text value the message quotes."""
    texts = {name: value for name, value in step.params.items() if isinstance(value, str)}
    quoted = (name for name, value in texts.items() if f"'{value}'" in message or f'"{value}"' in message)
    return next(quoted, None)


def _source_in(message: str, step: SqlStep) -> str | None:
    paths = (token.text.strip("'\"") for token in tokenize(step.written) if token.kind in ("text", "name"))
    return next((path for path in paths if _SOURCE.fullmatch(path) and path in message), None)


def _table_of(alias: str, tokens: list[Token], inputs: Mapping[str, Dataset]) -> str | None:
    """Return the input that the statement gives an alias, which stands behind its name."""
    by_fold = {name.casefold(): name for name in inputs}
    plain = [token for token in tokens if token.key != "AS"]
    for table, named in pairwise(plain):
        if _names(named, alias) and name_of(table).casefold() in by_fold:
            return by_fold[name_of(table).casefold()]
    return by_fold.get(alias.casefold())


def _names(token: Token, name: str) -> bool:
    return token.kind in ("word", "name") and name_of(token).casefold() == name.casefold()


def _first(text: str, written: str) -> Token | None:
    return next((token for token in tokenize(text) if token.text == written), None)

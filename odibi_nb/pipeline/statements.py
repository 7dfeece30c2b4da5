"""One SQL statement with its names looked up: what a step, a data test and an ad hoc query have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, ParameterError, did_you_mean
from odibi_nb.runner.tasks import Place, SqlStep
from odibi_nb.sql import analyze
from odibi_nb.sql.errors import mentioned_at
from odibi_nb.sql.rooting import rooted
from odibi_nb.sql.tokens import position, tokenize

if TYPE_CHECKING:
    from odibi_nb.sql import SqlFacts

__all__ = ["Meaning", "check_syntax", "compile_statement", "parameter_values"]

Meaning = Callable[["SqlFacts"], tuple[Mapping[str, str], bool]]
"""Gives the inputs by the names in a statement, and whether it reads `df`; raises, at its line, for a name without."""


def compile_statement(
    text: str,
    meaning: Meaning,
    *,
    params: Mapping[str, Any],
    root: Path,
    place: Place,
    apart: Collection[str] = (),
) -> SqlStep:
    """Return the statement as a step.

    params: values for its `$name`s. root: where its relative file literals start; apart: those that are none.
    place: where the text stands; what is raised has its line there.
    """
    try:
        written = _files_without(apart, analyze(text))
        facts = _files_without(apart, analyze(rooted(text, written, root))) if written.files else written
        inputs, reads_current = meaning(facts)
        values = parameter_values(facts.parameters, params, text)
        return SqlStep(facts, inputs, values, reads_current, place, text)
    except OdibiException as exc:
        _locate(exc, place, text)
        raise


def _files_without(apart: Collection[str], facts: SqlFacts) -> SqlFacts:
    return replace(facts, files=tuple(file for file in facts.files if file.path not in apart)) if apart else facts


def check_syntax(text: str, place: Place) -> None:
    """Raise what is wrong with a statement's text alone, at its line."""
    try:
        analyze(text)
    except OdibiException as exc:
        _locate(exc, place, text)
        raise


def _locate(error: OdibiException, place: Place, text: str) -> None:
    """Give an error in a statement its place in the cell or file, where other words may stand before it."""
    where = error.where
    line, column = (where.line, where.column) if where.line else mentioned_at(error.message, text)
    error.where = replace(where, **place.point(text, line, column))


def parameter_values(names: Iterable[str], values: Mapping[str, Any], text: str = "") -> dict[str, Any]:
    """Return the values of `$name`s; raises ParameterError, at its place in `text`, for one without."""
    for name in names:
        if name not in values:
            used = next((token for token in tokenize(text) if token.text == f"${name}"), None)
            line, column = position(text, used.start) if used else (None, None)
            hint = did_you_mean(name, values) or f"give it in vars: {{{name}: …}}"
            raise ParameterError(f"parameter ${name} has no value", hint=hint, line=line, column=column)
    return {name: values[name] for name in names}

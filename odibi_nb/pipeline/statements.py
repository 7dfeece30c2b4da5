"""One SQL statement with its names looked up: what a step, a data test and an ad hoc query have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, ParameterError, Where, did_you_mean
from odibi_nb.runner.tasks import Place, SqlStep
from odibi_nb.sql import analyze
from odibi_nb.sql.rooting import rooted

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
        return SqlStep(facts, inputs, parameter_values(facts.parameters, params), reads_current, place, text)
    except OdibiException as exc:
        exc.where = _located(exc.where, place, text)
        raise


def _files_without(apart: Collection[str], facts: SqlFacts) -> SqlFacts:
    return replace(facts, files=tuple(file for file in facts.files if file.path not in apart)) if apart else facts


def check_syntax(text: str, place: Place) -> None:
    """Raise what is wrong with a statement's text alone, at its line."""
    try:
        analyze(text)
    except OdibiException as exc:
        exc.where = _located(exc.where, place, text)
        raise


def _located(where: Where, place: Place, text: str) -> Where:
    """Return a place in a statement as one in its cell or file, where other words may stand before it on its line."""
    if where.line is None:
        return replace(where, **place.locate(None))
    there, own = place.locate(where.line), text.split("\n")[where.line - 1]
    there["source"] = source = there["source"] or own
    if where.column is not None:
        there["column"] = where.column + max(source.find(own), 0)
    return replace(where, **there)


def parameter_values(names: Iterable[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `$name`s; raises ParameterError for one without."""
    for name in names:
        if name not in values:
            raise ParameterError(
                f"parameter ${name} has no value", hint=did_you_mean(name, values) or f"give it in vars: {{{name}: …}}"
            )
    return {name: values[name] for name in names}

"""A query's text with marks: operators that keep all rows, at which a profile shows how many came by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from odibi_nb.engine.base import Dataset
from odibi_nb.sql.quote import quote_name
from odibi_nb.sql.tokens import tokenize

if TYPE_CHECKING:
    from odibi_nb.engine.duckdb_dataset import DuckDataset

__all__ = ["Evaluated", "Mark", "lazy_below", "marked_text"]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A query that is to be evaluated.

    plain: its text. text: the same, reading `inputs` by their names. places: what these names stand for, as SQL.
    same_rows: the input that it keeps all rows of, and no more.
    """

    plain: str
    text: str
    inputs: Mapping[str, Dataset]
    places: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)
    same_rows: Dataset | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands at the edge of a result: samples on samples, in number and share to be told from other marks."""

    percent: float = 100
    layers: int = 1

    def around(self, query: str) -> str:
        for _ in range(self.layers):
            query = f"FROM ({query}) USING SAMPLE {self.percent:.4f} PERCENT (SYSTEM)"
        return query


def lazy_below(inputs: Iterable[Dataset]) -> list[DuckDataset]:
    """Return the lazy results that evaluating `inputs` evaluates, each after those that it reads."""
    found: dict[DuckDataset, None] = {}

    def visit(data: Dataset) -> None:
        if not data.lazy or data in found:
            return
        view = cast("DuckDataset", data)  # no other result is lazy
        for below in view.origin.inputs.values():
            visit(below)
        found[view] = None

    for data in inputs:
        visit(data)
    return list(found)


def marked_text(query: Evaluated, marks: Mapping[DuckDataset, Mark]) -> tuple[str, dict[str, Any]]:
    """Return the text and the parameters that evaluate the query with marks: one WITH instead of views."""
    opened: dict[Dataset, str] = {}
    params = dict(query.params)
    views = []
    for number, data in enumerate(lazy_below(query.inputs.values()), start=1):
        if data.origin.own_macros or not (data in marks or opened.keys() & set(data.origin.inputs.values())):
            continue
        name = quote_name(f"odibi view {number}")
        text, given = _with_own_params(data, number)
        inner = _reading(text, data.origin.inputs, data.origin.places, opened)
        views.append(f"{name} AS NOT MATERIALIZED ({marks[data].around(inner) if data in marks else inner})")
        opened[data] = name
        params |= given
    return f"WITH {', '.join(views)} {_reading(query.text, query.inputs, query.places, opened)}", params


def _reading(text: str, inputs: Mapping[str, Dataset], places: Mapping[str, str], opened: Mapping[Dataset, str]) -> str:
    """Return a query in which the names of its inputs mean the same wherever it stands."""
    meant = {quote_name(alias): opened.get(data, places[alias]) for alias, data in inputs.items()}
    names = ", ".join(f"{alias} AS NOT MATERIALIZED (FROM {place})" for alias, place in meant.items())
    return f"FROM ({f'WITH {names} ' if names else ''}FROM (\n{text}\n))"


def _with_own_params(data: DuckDataset, number: int) -> tuple[str, dict[str, Any]]:
    """Return the text of a view with names of parameters that no other view has."""
    own = {f"odibi_{number}_{name}": value for name, value in data.origin.params.items()}
    pieces, end = [], 0
    for token in tokenize(data.body) if own else ():
        if token.kind == "parameter":
            pieces += [data.body[end : token.start], f"$odibi_{number}_{token.text[1:]}"]
            end = token.end
    return "".join([*pieces, data.body[end:]]), own

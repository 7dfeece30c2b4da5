"""A few rows of each of several inputs, chosen so that joins between them find their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from odibi_nb.engine.base import Query, Readers
from odibi_nb.exceptions import TransformError, UsageError
from odibi_nb.sql import analyze
from odibi_nb.sql.quote import quote_name
from odibi_nb.workspaces.key_names import is_key_name

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["Sampler", "columns_by_fold", "matches"]


_NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
    | {"FLOAT", "DOUBLE", "DECIMAL"}
)


class Sampler:
    """Chooses rows: the first ones of the input that leads, of the others those that match.

    equated: names of columns that a query sets equal. What inputs have in common otherwise are columns of one name:
    those that look like keys, else all. rows: at most so many of each. notes: what the reader should know.
    """

    def __init__(
        self, engine: Engine, inputs: Mapping[str, Dataset], equated: Sequence[tuple[str, str]], *, rows: int
    ) -> None:
        self._engine, self._inputs, self._equated, self._rows = engine, inputs, equated, rows
        self.notes: list[str] = []

    def choose(self, where: str | None = None) -> dict[str, Dataset]:
        """Return the chosen rows by input.

        where: a condition on the rows of the first input that has the columns it names. Raises UsageError.
        """
        leading, data = self._lead(where)
        chosen = {leading: data}
        for name in self._inputs:
            if name != leading:
                chosen[name] = self._following(name, chosen)
        return {name: chosen[name] for name in self._inputs}

    def _lead(self, where: str | None) -> tuple[str, Dataset]:
        condition = f"WHERE (\n{where}\n)" if where else ""
        failures = []
        for name, data in self._inputs.items():
            try:
                return name, self._query(f"SELECT * FROM df {condition} LIMIT {self._rows}", {"df": data})
            except TransformError as exc:
                failures.append(exc)
        raise UsageError(f"--where: {failures[0].message}", hint=failures[0].hint) from failures[0]

    def _following(self, name: str, chosen: Mapping[str, Dataset]) -> Dataset:
        data, conditions, keys = self._inputs[name], list[str](), dict[str, None]()
        others = dict(zip((f"chosen_{number}" for number in range(len(chosen))), chosen.values(), strict=True))
        for alias, other in others.items():
            for theirs, own in self._pairs(other, data):
                conditions.append(matches(alias, (theirs, other), (own, data)))
                keys[quote_name(own)] = None
        first = f"SELECT * FROM df LIMIT {self._rows}"
        if not conditions:
            self.notes.append(f"nothing tells which rows of {name} belong to the others': these are its first ones")
            return self._query(first, {"df": data})
        found = self._query(self._ranked(conditions, list(keys)), {"df": data, **others})
        if found.count():
            return found
        self.notes.append(f"no row of {name} matches the others': these are its first ones")
        return self._query(first, {"df": data})

    def _ranked(self, conditions: Sequence[str], keys: Sequence[str]) -> str:
        """Return the query for matching rows: one of each key before the second of any, in their own order."""
        rank = f'row_number() OVER (PARTITION BY {", ".join(keys)} ORDER BY "odibi row")'
        numbered = 'SELECT *, row_number() OVER () AS "odibi row" FROM df'
        ranked = f'SELECT *, {rank} AS "odibi rank" FROM ({numbered}) WHERE {" AND ".join(conditions)}'
        best = f'SELECT * FROM ({ranked}) ORDER BY "odibi rank", "odibi row" LIMIT {self._rows}'
        return f'SELECT * EXCLUDE ("odibi row", "odibi rank") FROM ({best}) ORDER BY "odibi row"'

    def _pairs(self, other: Dataset, data: Dataset) -> list[tuple[str, str]]:
        """Return the columns that two inputs have in common: the one's name and the other's."""
        theirs, own = columns_by_fold(other), columns_by_fold(data)
        both = [pair for left, right in self._equated for pair in ((left, right), (right, left))]
        joined = [(left.casefold(), right.casefold()) for left, right in both]
        found = [(theirs[left], own[right]) for left, right in joined if left in theirs and right in own]
        if found:
            return list(dict.fromkeys(found))
        shared = [(name, own[fold]) for fold, name in theirs.items() if fold in own]
        return [pair for pair in shared if is_key_name(pair[0])] or shared

    def _query(self, sql: str, inputs: Mapping[str, Dataset]) -> Dataset:
        query = Query("odibi capture", analyze(sql), inputs, readers=Readers(overrule="table"), private=True)
        return self._engine.query(query)


def columns_by_fold(data: Dataset) -> dict[str, str]:
    """Return the names of columns by what they are in lower case."""
    return {column.name.casefold(): column.name for column in data.schema}


def matches(alias: str, theirs: tuple[str, Dataset], own: tuple[str, Dataset]) -> str:
    """Return the condition that a column's value is among another input's chosen ones.

    Types that differ are compared as texts, unless both are numbers, or both are dates and times.
    """
    kinds = {_kind(dict(data.schema)[name]) for name, data in (theirs, own)}
    left, right = quote_name(own[0]), quote_name(theirs[0])
    if len(kinds) > 1:
        left, right = f"CAST({left} AS VARCHAR)", f"CAST({right} AS VARCHAR)"
    return f"{left} IN (SELECT {right} FROM {alias})"


def _kind(type_name: str) -> str:
    """Return what a type is compared as: DuckDB brings numbers to one type by itself, and dates and times."""
    name = type_name.partition("(")[0]
    if name in _NUMBERS:
        return "number"
    return "time" if name == "DATE" or name.startswith("TIMESTAMP") else type_name

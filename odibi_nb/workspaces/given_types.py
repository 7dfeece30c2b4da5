"""Where the types of given rows come from, and what is to be said of it: a guess may be another one elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from odibi_nb.engine.schema import Column, Schema
from odibi_nb.exceptions import ValidationError
from odibi_nb.workspaces.mock_data import given_table
from odibi_nb.workspaces.mocks import are_rows

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.workspaces.mock_search import Given

__all__ = ["GivenTypes", "conflicts", "guesses", "pins", "types_of"]


@dataclass(frozen=True, slots=True)
class GivenTypes:
    """The types that an input's rows were given.

    columns: those of the rows. settled: they are the same wherever the nodes are. guessed: those of them that only
    the values tell. doubtful: whether one of these is more than a text, which is rarely meant for anything else.
    """

    given: Given
    columns: Schema
    settled: bool = False
    guessed: Schema = ()
    doubtful: bool = False

    @property
    def unlike_guess(self) -> Schema:
        """The columns that would have other types if nothing but the rows told them."""
        if self.settled or self.given.schema is None or not are_rows(self.given.mock.rows):
            return ()
        from odibi_nb.engine.types import schema_of

        try:
            alone = schema_of(given_table(self.given._replace(schema=None)))
        except ValidationError:  # without types they make no table at all
            return self.columns
        return tuple(column for column in self.columns if column not in alone)


def types_of(given: Given, data: Dataset, *, settled: bool) -> GivenTypes:
    """Return the types of an input's rows; data: these rows."""
    is_told = given.schema is not None or not are_rows(given.mock.rows)
    if is_told:
        return GivenTypes(given, data.schema, settled)
    table = data.arrow()
    guessed = tuple(column for column in data.schema if column.name not in given.mock.types)
    empty = {name for name in table.column_names if table[name].null_count == table.num_rows}
    doubtful = any(column.type != "VARCHAR" or column.name in empty for column in guessed)
    return GivenTypes(given, data.schema, settled, guessed, doubtful)


def guesses(types: Iterable[GivenTypes]) -> list[str]:
    """Say which types were guessed."""
    found = [(one.given.mock.input, one.guessed) for one in types if one.guessed]
    return [
        f"the types of '{name}' were guessed from its rows ({_listed(columns)}); if they are others,"
        f" the test can say so: types: {{{name}: {{{columns[0].name}: TYPE}}}}"
        for name, columns in found
    ]


def conflicts(types: Iterable[GivenTypes]) -> list[str]:
    """Say where a test's own `types` aren't those that its input has."""
    found = []
    for one in types:
        known = {column.name: column.type for column in one.given.schema or ()}
        said = one.given.mock.types
        others = [Column(name, kind) for name, kind in said.items() if known.get(name, kind) != kind]
        if others:
            has = _listed(Column(column.name, known[column.name]) for column in others)
            found.append(f"types says {_listed(others)}, but '{one.given.mock.input}' has {has}")
    return found


def pins(types: Iterable[GivenTypes]) -> str:
    """Return the line of YAML that makes types the same everywhere."""
    columns = {one.given.mock.input: {c.name: c.type for c in one.unlike_guess} for one in types}
    return f"types: {_flow({name: _flow(one) for name, one in columns.items() if one}, quoted=False)}"


def _flow(mapping: Mapping[str, str], *, quoted: bool = True) -> str:
    from odibi_nb.workspaces.mock_text import yaml_value

    pairs = (f"{yaml_value(key)}: {yaml_value(value) if quoted else value}" for key, value in mapping.items())
    return f"{{{', '.join(pairs)}}}"


def _listed(columns: Iterable[Column]) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in columns)

"""A node's cell as far as it is written: what completion has to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from odibi_nb.cells.body import split_header
from odibi_nb.cells.language import detect_language, node_fields, opens_with_key
from odibi_nb.cells.options import NODE_LINE
from odibi_nb.completion.known import Known
from odibi_nb.completion.lines import LineSpot, line_spot
from odibi_nb.completion.sql_words import OPENINGS
from odibi_nb.completion.statement import Statement
from odibi_nb.exceptions import ConfigValidationError

__all__ = ["NodeCell"]


@dataclass(frozen=True)
class NodeCell:
    """The cell of a node; line: what stands behind the magic's name. text: below it, without the line of the cursor."""

    line: str
    text: str
    known: Known

    @property
    def name(self) -> str:
        return next(iter(self._line.words), "")

    @property
    def says_language(self) -> bool:
        return bool(self._line.values.get("lang"))

    @cached_property
    def language(self) -> str:
        """The language of its body, "yaml" also where only a header is written so far."""
        if self.says_language:
            return self._line.values["lang"][0]
        split = split_header(self.text)
        first = next((line for line in self.text.split("\n") if line.strip()), "")
        if not split.header and _is_field(first):
            return "yaml"
        # A lone `FROM` is a name in Python, but nobody writes one.
        return "sql" if split.body.strip().upper() in OPENINGS else detect_language(split.body)

    @property
    def tables(self) -> list[str]:
        """What its SQL may read."""
        others = [name for name in self.known.nodes() if name != self.name]
        return ["df", *others] if self._source or self._start else others

    def columns_of(self, table: str) -> list[str]:
        """Return the columns of a table in its SQL."""
        if table.casefold() != "df":
            return self.known.columns(table)
        return self.known.source_columns(*self._source) if self._source else self.known.columns(self._start)

    def columns(self) -> list[str]:
        """Return its own columns: those it has had, else those that its SQL makes, or its source has."""
        if found := self.known.columns(self.name):
            return found
        if self.language == "sql":
            return Statement(split_header(self.text).body).outputs(self.columns_of)
        return self.columns_of("df")

    @cached_property
    def _line(self) -> LineSpot:
        return line_spot(NODE_LINE, f"{self.line} ")

    @cached_property
    def _source(self) -> tuple[str, str] | None:
        read = self._fields.get("read")
        if isinstance(read, Mapping):
            return str(read.get("connection")), str(read.get("path"))
        connection, colon, path = next(iter(self._line.values.get("read", ())), "").partition(":")
        return (connection, path) if colon else None

    @property
    def _start(self) -> str:
        """The node that it starts from, where it reads none."""
        named = [*self._line.values.get("depends_on", ()), *self._listed("inputs"), *self._listed("depends_on")]
        return next(iter(named), "")

    def _listed(self, field: str) -> list[str]:
        value = self._fields.get(field)
        values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return [name for name in values if isinstance(name, str)]

    @cached_property
    def _fields(self) -> Mapping[str, Any]:
        """What its YAML says; nothing where that can't be read."""
        from odibi_nb.project_file import parse_yaml

        text = self.text if self.language == "yaml" else split_header(self.text).header
        try:
            fields = parse_yaml(text).data
        except ConfigValidationError:  # it is being written
            return {}
        return fields if isinstance(fields, Mapping) else {}


def _is_field(line: str) -> bool:
    return opens_with_key(line) and line.partition(":")[0].strip("\"'") in node_fields()

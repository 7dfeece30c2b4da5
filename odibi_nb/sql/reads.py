"""What stands in FROM, and what is called: names, file literals, table functions, volatile calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from odibi_nb.exceptions import TransformError
from odibi_nb.sql.facts import FileRef, TableRef
from odibi_nb.sql.functions import FILE_READERS, VOLATILE, file_format
from odibi_nb.sql.places import error_at
from odibi_nb.sql.tokens import Token, name_of, position, text_of

__all__ = ["Reads"]

_PLAIN_NAME = re.compile(r"\w+")
_SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "system"})


class Reads:
    """The tables, files and volatile calls met so far in a text, once each, in order."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self.tables: dict[str, TableRef] = {}
        self.files: dict[tuple[str, str | None], FileRef] = {}
        self.volatile: dict[str, None] = {}
        self.pivots = False

    def named(self, token: Token, clause: str) -> str | None:
        """Note what a single name or literal in FROM reads; return it if it is a table."""
        name = text_of(token) if token.kind == "text" else name_of(token)
        # DuckDB takes FROM 'x' for a table too, if there is one of that name.
        if file_format(name) or (token.kind == "text" and not _PLAIN_NAME.fullmatch(name)):
            self._file(token, name, file_format(name))
            return None
        self._table(token, name, clause)
        return name

    def qualified(self, parts: Sequence[Token]) -> None:
        """Note what a dotted name reads: a file, or a system table; else raise TransformError."""
        names = [name_of(part) for part in parts]
        if file_format(".".join(names)):
            span = (parts[0].start, parts[-1].end)
            self._file(parts[0], ".".join(names), file_format(".".join(names)), span)
        elif not _SYSTEM_SCHEMAS.intersection(name.lower() for name in names):
            raise self._error(
                parts[0], f"'{'.'.join(names)}' is a qualified name", f"upstream nodes are bare names: {names[-1]}"
            )

    def call(self, index: int) -> None:
        """Note what the call whose name is the token at `index` reads."""
        token = self._tokens[index]
        function = name_of(token).lower()
        if function in VOLATILE:
            self.volatile[function] = None
        elif function in FILE_READERS:
            self._reader(index, function)
        elif function == "query_table":
            self._query_table(index)
        elif function == "query":
            raise self._error(token, "query() hides what it reads", "write the query itself")

    def _reader(self, index: int, function: str) -> None:
        literals = self._literals(index + 2)
        for literal in literals:
            path = text_of(literal)
            self._file(literal, path, FILE_READERS[function] or file_format(path))
        if not literals:  # a computed path: nobody can tell whether the file has changed
            self.volatile[function] = None

    def _query_table(self, index: int) -> None:
        literals = self._literals(index + 2)
        if not literals:
            raise self._error(self._tokens[index], "query_table() of a computed name", "write the node's name")
        for literal in literals:
            self._table(literal, text_of(literal), "FROM")

    def _literals(self, index: int) -> list[Token]:
        """Return the literals of a first argument, 'a' or ['a', 'b']; none if it is computed."""
        found = []
        for token in self._tokens[index:]:
            if token.kind == "text":
                found.append(token)
            elif token.key in {")", "]"} or (token.key == "," and self._tokens[index].key != "["):
                return found
            elif token.key not in {"[", ","}:
                return []
        return []

    def _table(self, token: Token, name: str, clause: str) -> None:
        known = self.tables.get(name.casefold()) or TableRef(name, self._line(token), clause, mentions=0)
        self.tables[name.casefold()] = replace(known, mentions=known.mentions + 1)

    def _file(self, token: Token, path: str, kind: str | None, span: tuple[int, int] | None = None) -> None:
        known = self.files.get((path, kind)) or FileRef(path, self._line(token), kind)
        self.files[path, kind] = replace(known, spans=(*known.spans, span or (token.start, token.end)))

    def _line(self, token: Token) -> int:
        return position(self._text, token.start)[0]

    def _error(self, token: Token, message: str, hint: str) -> TransformError:
        return error_at(self._text, token.start, message, hint=hint)

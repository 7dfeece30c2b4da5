"""A node's text as statements: leading macros, then one query; anything else is refused with what to do instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from odibi_nb.exceptions import TransformError
from odibi_nb.sql.outline import QUERY_WORDS
from odibi_nb.sql.places import blanked, error_at
from odibi_nb.sql.tokens import Token, tokenize

__all__ = ["Statement", "refuse_templates", "split", "without_explain"]

_READS_ONLY = "SQL only reads here; rows are written by a node with --write CONN:PATH"
_SETTINGS = "write it in the project: settings: {duckdb: {name: value}}"
_CONNECTIONS = "declare a connection in the project and read it with --read CONN:PATH"
_PACKAGED = "nodes load no extensions; read such sources through a connection of the project"
_ONE_RUN = "a run is its own transaction; take it out"
_INSTEAD = {
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "COPY", "EXPORT", "IMPORT"), _READS_ONLY),
    **dict.fromkeys(("CREATE", "ALTER", "DROP", "COMMENT"), _READS_ONLY),
    **dict.fromkeys(("SET", "RESET", "PRAGMA"), _SETTINGS),
    **dict.fromkeys(("ATTACH", "DETACH", "USE"), _CONNECTIONS),
    **dict.fromkeys(("INSTALL", "LOAD"), _PACKAGED),
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "ROLLBACK", "ABORT", "CHECKPOINT", "VACUUM"), _ONE_RUN),
    **dict.fromkeys(("PREPARE", "EXECUTE", "DEALLOCATE"), "write the query itself, with $name for its parameters"),
    "CALL": "call a table function as SELECT * FROM function(…)",
    "EXPLAIN": "try it with %%odibi_sql",
    "ANALYZE": _ONE_RUN,
}
_MACRO_WORDS = ("OR", "REPLACE", "TEMP", "TEMPORARY")
_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\(([^)]*)\)\s*(?:\|[^}]*)?\}\}")


class Statement(NamedTuple):
    """The tokens from `start` to `end`, without the semicolon."""

    start: int
    end: int
    is_macro: bool


def split(text: str, tokens: Sequence[Token]) -> tuple[list[Statement], Statement]:
    """Return the macros and the query of a text; raise TransformError at what is neither."""
    statements = _statements(tokens)
    if not statements:
        raise TransformError("the SQL is empty", hint="write a query, such as SELECT * FROM a_node")
    for statement in statements:
        _refuse(text, tokens, statement)
    queries = [statement for statement in statements if not statement.is_macro]
    if not queries:
        raise error_at(text, tokens[0].start, "there are macros but no query", hint="end with a SELECT")
    if len(queries) > 1:
        start = tokens[queries[1].start].start
        raise error_at(text, start, f"there are {len(queries)} queries", hint="a node is one query: make each a node")
    if not statements[-1].is_macro:
        return statements[:-1], statements[-1]
    start = tokens[statements[-1].start].start
    raise error_at(text, start, "a macro follows the query", hint="put CREATE MACRO before the query")


def without_explain(text: str) -> tuple[str, str]:
    """Return the EXPLAIN that opens a text ("" where none does), with its options, and the text with it blanked out."""
    tokens = tokenize(text)
    keys = [token.key for token in tokens]
    if keys[:1] != ["EXPLAIN"]:
        return "", text
    after = 2 if keys[1:2] == ["ANALYZE"] else 1
    if keys[after : after + 1] == ["("] and ")" in keys and keys[after + 1] not in QUERY_WORDS:
        after = keys.index(")", after) + 1  # its options: (FORMAT json)
    end = tokens[after].start if after < len(tokens) else len(text)
    return text[tokens[0].start : end].strip(), blanked(text[:end]) + text[end:]


def refuse_templates(text: str, tokens: Sequence[Token]) -> None:
    """Raise TransformError at the first `{{ … }}`, `{% … %}` or `{# … #}` outside of quotes and comments."""
    for token, following in pairwise(tokens):
        if token.key == "{" and following.key in {"{", "%", "#"} and following.start == token.end:
            raise _template_error(text, token.start)


def _template_error(text: str, start: int) -> TransformError:
    match = _TEMPLATE.match(text, start)
    if match is None:
        return error_at(text, start, "a template stands in the SQL", hint="write plain SQL; values are bound as $name")
    name = match[2].split(",")[-1].strip().strip("'\"")
    plain = {"ref": name, "source": name, "var": f"${name}", "env_var": f"${name}"}.get(match[1])
    hint = f"write {plain}" if plain else "write plain SQL; values are bound as $name"
    return error_at(text, start, f"{match[0]} is a template", hint=hint)


def _statements(tokens: Sequence[Token]) -> list[Statement]:
    edges = [-1, *(index for index, token in enumerate(tokens) if token.key == ";"), len(tokens)]
    spans = ((before + 1, end) for before, end in pairwise(edges) if end > before + 1)
    return [Statement(start, end, _is_macro(tokens[start:end])) for start, end in spans]


def _is_macro(tokens: Sequence[Token]) -> bool:
    words = [token.key for token in tokens[:5] if token.key not in _MACRO_WORDS]
    return words[0] == "CREATE" and len(words) > 1 and words[1] in {"MACRO", "FUNCTION"}


def _refuse(text: str, tokens: Sequence[Token], statement: Statement) -> None:
    first = tokens[statement.start]
    if statement.is_macro or first.key in QUERY_WORDS or first.key not in _INSTEAD:
        return
    raise error_at(text, first.start, f"{first.key} is not a query", hint=_INSTEAD[first.key])

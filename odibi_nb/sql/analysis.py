"""A node's SQL text → `SqlFacts`; no database is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from odibi_nb.exceptions import TransformError
from odibi_nb.sql.errors import explain_sql_error
from odibi_nb.sql.facts import SqlFacts
from odibi_nb.sql.functions import AGGREGATES
from odibi_nb.sql.outline import Frame, Outline
from odibi_nb.sql.parsing import builtin_functions, statements_of
from odibi_nb.sql.places import blanked, error_at
from odibi_nb.sql.statements import Statement, refuse_templates, split
from odibi_nb.sql.tokens import Token, name_of, tokenize

__all__ = ["analyze", "check_syntax"]

_BEFORE_NAME = frozenset({"MACRO", "FUNCTION", "IF", "NOT", "EXISTS"})
_KEEPS_ROWS = frozenset({"SELECT", "FROM", "TABLE", "ORDER"})


@lru_cache(maxsize=4096)
def analyze(text: str) -> SqlFacts:
    """Return what is known of a node's SQL from its text alone.

    Raises TransformError, with its line and column in `text`, for what is not one query (after CREATE MACROs),
    for syntax errors, qualified table names, positional parameters and templates.
    """
    tokens = tokenize(text)
    refuse_templates(text, tokens)
    macros, query = split(text, tokens)
    check_syntax(text)
    outline = Outline(text, tokens)
    for macro in macros:
        _check_name(text, tokens, macro)
        _read_macro(outline, tokens, macro)
    root = outline.query(query.start, query.end)
    first, last = tokens[query.start], tokens[query.end - 1]
    return SqlFacts(
        statement=blanked(text[: first.start]) + text[first.start : last.end],
        macros=tuple(text[tokens[macro.start].start : tokens[macro.end - 1].end] for macro in macros),
        tables=tuple(outline.reads.tables.values()),
        files=tuple(outline.reads.files.values()),
        parameters=_parameters(text, tokens, query),
        volatile=tuple(outline.reads.volatile),
        blocking=root.blocks or _aggregates(tokens[: query.start]),
        row_preserving_of=None if macros else _row_preserving(root),
        pivots=outline.reads.pivots,
    )


def check_syntax(text: str) -> None:
    """Raise TransformError, with its place, where DuckDB's parser doesn't take a text."""
    import duckdb

    try:
        found = statements_of(text)
    except duckdb.Error as exc:
        raise explain_sql_error(exc, text).as_error() from exc
    if not found:  # an unclosed comment or the like: DuckDB sees nothing to run
        raise TransformError("the SQL is empty", hint="write a query, such as SELECT * FROM a_node")


def _check_name(text: str, tokens: Sequence[Token], macro: Statement) -> None:
    """Refuse a macro in place of a function of DuckDB's: the lazy results above would be computed with it too."""
    start = next(at for at in range(macro.start, macro.end) if tokens[at].key in {"MACRO", "FUNCTION"})
    name = next(token for token in tokens[start:] if token.key not in _BEFORE_NAME)
    if name_of(name).casefold() in builtin_functions():
        problem = f"macro '{name_of(name)}' has the name of a function of DuckDB"
        raise error_at(text, name.start, problem, hint="give it another name")


def _read_macro(outline: Outline, tokens: Sequence[Token], macro: Statement) -> None:
    bodies = list(_bodies(tokens, macro))
    if tokens[bodies[0]].key != "TABLE":  # overloads, parameters and all read well as one expression
        outline.expression(bodies[0], macro.end)
        return
    for start, end in pairwise([*bodies, macro.end]):
        outline.query(start + 1, end)


def _bodies(tokens: Sequence[Token], macro: Statement) -> Iterator[int]:
    """Yield where the macro's first body starts, after its AS; of a table macro also where the others start."""
    depth = found = 0
    for index in range(macro.start, macro.end - 1):
        key = tokens[index].key
        depth += (key in {"(", "[", "{"}) - (key in {")", "]", "}"})
        if depth == 0 and key == "AS" and (not found or tokens[index + 1].key == "TABLE"):
            found += 1
            yield index + 1


def _parameters(text: str, tokens: Sequence[Token], query: Statement) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for index, token in enumerate(tokens):
        if token.kind != "parameter":
            continue
        name = token.text[1:]
        if not name or name[0].isdigit():
            raise error_at(text, token.start, f"'{token.text}' is a positional parameter", hint="use $name")
        if index < query.start:
            raise error_at(text, token.start, f"a macro can't read '{token.text}'", hint="hand it over as an argument")
        names[name] = None
    return tuple(names)


def _aggregates(tokens: Sequence[Token]) -> bool:
    """Tell whether macros aggregate; one that does makes its callers wait too."""
    return any(
        token.kind in {"word", "name"} and following.key == "(" and name_of(token).lower() in AGGREGATES
        for token, following in pairwise(tokens)
    )


def _row_preserving(root: Frame) -> str | None:
    return root.sources[0] if root.words <= _KEEPS_ROWS and len(root.sources) == 1 else None

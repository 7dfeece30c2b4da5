"""What may stand at a place in SQL: tables, columns, parameters, and the usual words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from odibi_nb.completion.known import Known
from odibi_nb.completion.offers import NOTHING, Offer, Offers, beginning_with, of_kind
from odibi_nb.completion.sql_words import AFTER_TABLE, FUNCTIONS, KEYWORDS, OPENINGS
from odibi_nb.completion.statement import Columns, Ref, Statement
from odibi_nb.completion.targets import target_offers
from odibi_nb.sql.quote import quote_name
from odibi_nb.sql.tokens import Token, name_of

__all__ = ["sql_offers"]

_SOURCE = re.compile(r"[\"'](\w+):([^\"']*)\Z")
_PLAIN = re.compile(r"[^\W\d]\w*")
_KEYWORDS = frozenset(KEYWORDS)
_OPENS_TABLE = frozenset({"FROM", "JOIN", "LATERAL", "SUMMARIZE", "DESCRIBE", "PIVOT", "UNPIVOT"})
_CLAUSES = _OPENS_TABLE | {"SELECT", "WHERE", "ON", "USING", "BY", "HAVING", "QUALIFY", "VALUES", "LIMIT", "WITH"}
_BEGIN, _WITHIN = Token("op", "", 0, 0, ";"), Token("op", "", 0, 0, "(")
_OPERANDS = frozenset({"NULL", "TRUE", "FALSE", "END"})


def sql_offers(text: str, offset: int, known: Known, columns: Columns, tables: Iterable[str] | None = None) -> Offers:
    """Return what may stand at an offset of a statement, or without `tables` of a condition on the rows of `df`.

    columns: by table, `df` too. tables: those there are; the CTEs of the text are added.
    """
    statement = Statement(text)
    *tokens, probe = [_WITHIN if tables is None else _BEGIN, *statement.until(offset)]
    fragment = text[probe.start : offset]
    source = _SOURCE.match(fragment)
    if source is not None and source[1] in known.connections():
        return target_offers(f"{source[1]}:{source[2]}", known, spaces=True)
    if probe.end <= offset or probe.kind not in {"word", "name", "parameter"}:
        return NOTHING
    if probe.kind == "parameter":
        return beginning_with(fragment, of_kind("parameter", (f"${name}" for name in known.parameters())))
    if probe.kind == "name":
        statement = Statement(_closed(text, offset))
    if tokens[-1].key == ".":
        return beginning_with(fragment, _columns(_meant(tokens, statement, offset), statement, columns))
    if _wants_table(tokens):
        return beginning_with(fragment, of_kind("node", map(_written, [*statement.ctes, *(tables or ())])))
    return beginning_with(fragment, _expression(tokens, fragment, statement, offset, columns))


def _closed(text: str, offset: int) -> str:
    """Return the text with the quote closed that the cursor is in: it would run to the end."""
    return text if text.startswith('"', offset) else f'{text[:offset]}"{text[offset:]}'


def _expression(
    tokens: Sequence[Token], fragment: str, statement: Statement, offset: int, columns: Columns
) -> Iterator[Offer]:
    """Yield what an expression may go on with; words only once one is begun."""
    if tokens[-1].key == ";":
        yield from _cased(OPENINGS, fragment)
    elif _is_complete(tokens[-1]):
        if _clause(tokens) in {"FROM", "JOIN"}:
            yield from _cased(AFTER_TABLE, fragment)
    else:
        refs = statement.visible(offset) or statement.refs or [Ref("df", "", 0)]
        yield from _columns(refs, statement, columns)
        yield from of_kind("table", (_written(name) for ref in refs if (name := ref.alias or ref.name) != "df"))
        if fragment:
            yield from of_kind("function", (f"{name}(" for name in FUNCTIONS))
    if fragment:
        yield from _cased(KEYWORDS, fragment)


def _columns(refs: Iterable[Ref], statement: Statement, columns: Columns) -> list[Offer]:
    return of_kind("column", map(_written, statement.columns(refs, columns)))


def _meant(tokens: Sequence[Token], statement: Statement, offset: int) -> list[Ref]:
    """Return the table that the name before a dot means; inner queries' come first."""
    name = name_of(tokens[-2]).casefold()
    refs = [*statement.visible(offset), *statement.refs]
    return [ref for ref in refs if name == (ref.alias or ref.name).casefold()][:1]


def _wants_table(tokens: Sequence[Token]) -> bool:
    last, before = tokens[-1].key, tokens[-2].key if len(tokens) > 1 else ""
    if last == "FROM":
        return before != "DISTINCT"  # IS DISTINCT FROM compares
    if last == "(":
        return before in {"FROM", "JOIN"}
    return last in _OPENS_TABLE or (last == "," and _clause(tokens) in {"FROM", "JOIN", "ON"})


def _clause(tokens: Sequence[Token]) -> str:
    """Return the word that opened the clause at the end of the tokens; "" within parentheses of no query."""
    depth = 0
    for token in reversed(tokens):
        depth += (token.key in {")", "]", "}"}) - (token.key in {"(", "[", "{"})
        if depth < 0:
            return ""
        if depth == 0 and token.key in _CLAUSES:
            return token.key
    return ""


def _is_complete(last: Token) -> bool:
    """Whether a token ends an operand or a table: only a word can follow."""
    if last.kind == "word":
        return last.key not in _KEYWORDS or last.key in _OPERANDS
    return last.kind in {"name", "text", "number", "parameter"} or last.key in {")", "]"}


def _cased(words: Iterable[str], fragment: str) -> list[Offer]:
    """Offer keywords as their author writes them."""
    return of_kind("keyword", (word.lower() if fragment.islower() else word for word in words))


def _written(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.upper() not in _KEYWORDS else quote_name(name)

"""SQL laid out anew: the same tokens and comments, in other lines."""

from __future__ import annotations

from odibi_nb.exceptions import TransformError
from odibi_nb.sql.analysis import check_syntax
from odibi_nb.sql.capitals import CAPITALS, with_capitals
from odibi_nb.sql.layout import laid_out
from odibi_nb.sql.pieces import grouped, pieces
from odibi_nb.sql.statements import refuse_templates
from odibi_nb.sql.tokens import tokenize

__all__ = ["format_sql"]

_PASSES = 6


def format_sql(sql: str) -> str:
    """Return SQL in lines of clauses: reserved words in capitals, no token and no comment lost or changed.

    Raises TransformError, with its place, for what DuckDB's parser doesn't take, and for what can't be laid
    out without a change of its meaning.

    >>> print(format_sql("select region, sum(amount) as total from sales group by region"))
    SELECT region, sum(amount) AS total
    FROM sales
    GROUP BY region
    """
    refuse_templates(sql, tokenize(sql))
    check_syntax(sql)
    try:
        formatted = _stable(sql)
    except RecursionError:
        raise TransformError("this SQL is nested too deeply to be formatted", hint="it is left as it is") from None
    if _substance(formatted) != _substance(sql):
        raise TransformError("this SQL can't be formatted without losing something", hint="it is left as it is")
    return formatted


def _stable(sql: str) -> str:
    """Lay out until nothing moves: a comment that has come to begin a line is one with a line of its own."""
    for _ in range(_PASSES):
        before, sql = sql, laid_out(grouped(with_capitals(pieces(sql))))
        if sql == before:
            break
    return sql


def _substance(sql: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the tokens and the comments of a text."""
    found = pieces(sql)
    tokens = [(one.kind, one.key if one.key in CAPITALS else one.text) for one in found if one.kind != "comment"]
    return tokens, [one.text for one in found if one.kind == "comment"]

"""The lines of `%%odibi_sql` and `%%odibi_expect`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from odibi_nb.cells.option_parser import Option, OptionParser, number_of_rows, variable_name
from odibi_nb.exceptions import UsageError

__all__ = ["EXPECT_LINE", "SQL_LINE", "ExpectOptions", "SqlOptions", "parse_expect_line", "parse_sql_line", "split_sql"]

_OPTION = re.compile(r"\s*(--[A-Za-z][\w-]*(?:=\S*|\s+(?!--)\S+)?)")


@dataclass(frozen=True, slots=True)
class SqlOptions:
    """into: the variable to bind the rows to. rows: how many are shown; None: as many as on cards."""

    into: str | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class ExpectOptions:
    """node, name: of the data test. warn: a bad row is only reported."""

    node: str
    name: str
    warn: bool = False


SQL_LINE = OptionParser(
    "odibi_sql",
    [
        Option("--into", convert=variable_name, metavar="VAR", help="bind all rows to a variable, as a DataFrame"),
        Option("--rows", convert=number_of_rows, metavar="N", help="rows shown; 0 shows none"),
    ],
)

EXPECT_LINE = OptionParser(
    "odibi_expect",
    [Option("--warn", takes="nothing", help="only report bad rows: the node doesn't fail")],
    words=("NODE", "NAME"),
)


def parse_sql_line(line: str) -> SqlOptions:
    """Read the line of a `%%odibi_sql` cell; UsageError says what is wrong with it."""
    options, query = split_sql(line)
    if query:
        hint = "below it, or in one line: %odibi_sql SELECT …"
        raise UsageError("the query doesn't stand on the line of %%odibi_sql", hint=hint)
    return options


def split_sql(line: str) -> tuple[SqlOptions, str]:
    """Read `%odibi_sql [options] SELECT …`: the options, and the statement as it is written.

    >>> split_sql("--rows 3 SELECT 'a' AS x")
    (SqlOptions(into=None, rows=3), "SELECT 'a' AS x")
    """
    end = 0
    while found := _OPTION.match(line, end):
        end = found.end()
    return SqlOptions(**SQL_LINE.parse(line[:end]).values), line[end:].strip()


def parse_expect_line(line: str) -> ExpectOptions:
    """Read the line of a `%%odibi_expect` cell; UsageError says what is wrong with it."""
    parsed = EXPECT_LINE.parse(line)
    node, name = parsed.words
    return ExpectOptions(node, name, **parsed.values)

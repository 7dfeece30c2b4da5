"""A node's data tests as SQL: one pass over the rows counts for all of them, and only failures cost more."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.expectations import near_check
from odibi_nb.exceptions import ValidationError, did_you_mean, plural
from odibi_nb.sql.errors import explain_sql_error, unknown_column
from odibi_nb.sql.quote import quote_name, quote_text

if TYPE_CHECKING:
    from odibi_nb.config import CheckConfig
    from odibi_nb.engine.base import Dataset, Engine, Run

__all__ = [
    "Check",
    "ExpectationResult",
    "bad_rows_sql",
    "broken",
    "check_of",
    "check_rows",
    "count_sql",
    "evaluate",
    "look_at_bad_rows",
    "no_column",
    "sample_sql",
]

# A space keeps names of ours from meeting a column's.
_ROW, _BAD, _VALUE, _NUMBER = '"odibi row"', '"odibi bad"', '"odibi {}"', '"odibi number"'
_SHOWN_COLUMNS = 20
_UNKNOWN_FUNCTION = re.compile(r"Function with name (\w+) does not exist")
_FORMS = "a condition in SQL, or not_null(a, b), unique(a), accepted_values(a, 'x', 'y'), row_count > 0"
_REMEDIES = {
    "GROUP BY": "a condition is asked of each row; an aggregate of all rows is written sum(x) OVER ()",
    "Table with name": "a condition sees the node's own columns; a SELECT stands in %%odibi_expect, or as sql",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What a data test asks of the rows.

    describe: as one would write it after --expect. value: SQL of a row that `count`, an aggregate of
    `{}`, makes the number of bad rows of. bad: SQL that is true for a bad row; None: no single row is
    bad, the number of rows is.
    low, high: bounds of that number.
    """

    describe: str
    value: str = "NULL"
    count: str = "count_if({})"
    bad: str | None = None
    low: int = 0
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """How one data test came out.

    name: the test's own, or what it asks. severity: "fail" or "warn". sample: the first bad rows, each by
    column. detail: "3 of 10 rows", or "" when it passed. where: the line that declares it, if not its node's.
    """

    name: str
    passed: bool
    severity: str
    bad_rows: int = 0
    sample: tuple[dict[str, Any], ...] = ()
    detail: str = ""
    where: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        # Errors quote it, and no rows of the sample may get into those.
        return f"{self.name}: {self.detail or 'passed'}"


def check_of(test: CheckConfig) -> Check:
    """Read a test of the dialect.

    NULL is no bad row except for not_null: conditions and accepted values let it pass as CHECK does, and
    a key with a NULL in it is never a duplicate. Of rows with one key all but one are bad.
    """
    columns = [quote_name(column) for column in test.checked_columns]
    listed = ", ".join(test.checked_columns)
    match test.type:
        case "not_null":
            return _row_check(f"not_null({listed})", " OR ".join(f"{column} IS NULL" for column in columns))
        case "unique":
            return _unique_check(f"unique({listed})", columns)
        case "accepted_values":
            return _accepted_check(f"accepted_values({listed}", columns[0], test.values or [])
        case "row_count":
            low, high = test.min or 0, math.inf if test.max is None else test.max
            return Check(_describe_count(test.min, test.max), low=low, high=high)
        case _:
            condition = test.condition or ""
            # The line breaks end a comment at the condition's end.
            return _row_check(" ".join(condition.split()), f"NOT (\n{condition}\n)")


def count_sql(checks: Sequence[Check], table: str) -> str:
    """Return SQL of one row: the number of rows, then of bad rows for each check.

    table: SQL that names the rows: a quoted name, or a query in parentheses.
    """
    names = [_VALUE.format(number) for number in range(len(checks))]
    values = "".join(f", {check.value} AS {name}" for check, name in zip(checks, names, strict=True))
    counts = "".join(f", {check.count.format(name)}" for check, name in zip(checks, names, strict=True))
    # The star costs nothing, and keeps an aggregate from turning all rows into one.
    return f"SELECT count(*){counts} FROM (SELECT *{values} FROM {table})"


def sample_sql(check: Check, table: str, limit: int = 5) -> str:
    """Return SQL of up to `limit` bad rows, each as one struct."""
    rows = f"SELECT *, ({check.bad}) AS {_BAD} FROM {table}"
    return f"SELECT {_ROW} FROM (SELECT * EXCLUDE ({_BAD}) FROM ({rows}) WHERE {_BAD} LIMIT {limit}) AS {_ROW}"


def bad_rows_sql(table: str, limit: int = 5) -> str:
    """Return SQL of one row: the number of rows of `table`, and the first `limit` as a list of structs."""
    # The window only streams: no row is kept but those of the sample.
    numbered = f"SELECT {_ROW}, row_number() OVER () AS {_NUMBER} FROM {table} AS {_ROW}"
    sample = f"list({_ROW} ORDER BY {_NUMBER}) FILTER ({_NUMBER} <= {limit})"
    return f"SELECT count(*), {sample} FROM ({numbered})"


def broken(results: Iterable[ExpectationResult]) -> ValidationError | None:
    """Return the error of a node whose data tests came out like this; None when none of them fails it.

    It stands where the first of them is declared.
    """
    failing = [result for result in results if not result.passed and result.severity == "fail"]
    if not failing:
        return None
    message, hint = "; ".join(map(str, failing)), "the rows are viewable; nothing was written"
    return ValidationError(message, hint=hint, **failing[0].where)


def look_at_bad_rows(
    engine: Engine, bad_rows: Dataset, name: str, *, fails: bool, where: Mapping[str, Any]
) -> ExpectationResult:
    """Return how a test has come out whose query gave these bad rows; where: the line that declares it."""
    count, sample = engine.inspect(bad_rows, lambda table, run: run(bad_rows_sql(table))[0])
    detail = plural(count, "bad row") if count else ""
    severity = "fail" if fails else "warn"
    return ExpectationResult(name, not count, severity, count, tuple(sample or ()), detail, where)


def check_rows(
    engine: Engine, data: Dataset, tests: Sequence[tuple[CheckConfig, bool]]
) -> tuple[ExpectationResult, ...]:
    """Evaluate data tests, each with whether a broken one fails the node, on a result; see `evaluate`."""
    return engine.inspect(data, lambda table, run: evaluate(tests, table, run))


def evaluate(tests: Sequence[tuple[CheckConfig, bool]], table: str, run: Run) -> tuple[ExpectationResult, ...]:
    """Evaluate data tests on the rows of `table`; the results come in the order of the tests.

    run: executes SQL and returns its rows. Raises ValidationError for a test that can't be evaluated on
    these rows (a column that isn't there); an error of the rows themselves is passed on as DuckDB raised it.
    """
    if not tests:
        return ()
    checks = [check_of(test) for test, _ in tests]
    rows, *bad_counts = _count(checks, table, run)
    results = []
    for (test, fails), check, bad in zip(tests, checks, bad_counts, strict=True):
        name, severity = test.name or check.describe, "fail" if fails else "warn"
        sample = tuple(row for (row,) in run(sample_sql(check, table))) if bad else ()
        detail = _detail(check, rows, bad)
        results.append(ExpectationResult(name, not detail, severity, bad, sample, detail))
    return tuple(results)


def _detail(check: Check, rows: int, bad: int) -> str:
    """Say what is wrong; "" when nothing is."""
    if bad:
        return f"{bad:,} of {plural(rows, 'row')}"
    return "" if check.low <= rows <= check.high else plural(rows, "row")


def _count(checks: Sequence[Check], table: str, run: Run) -> tuple[int, ...]:
    import duckdb

    try:
        return run(count_sql(checks, table))[0]
    except duckdb.InterruptException:
        raise
    except duckdb.Error:
        # Rows that can't be computed are the node's fault: this raises again, for no test to be blamed.
        run(f"SELECT count(hash({_ROW})) FROM {table} AS {_ROW}")
        for check in checks:
            _try_alone(check, table, run)
        raise


def _try_alone(check: Check, table: str, run: Run) -> None:
    import duckdb

    try:
        run(count_sql([check], table))
    except duckdb.InterruptException:
        raise
    except duckdb.Error as exc:
        if (column := unknown_column(str(exc))) is not None:
            columns = [str(name) for name, *_ in run(f"DESCRIBE FROM {table}")]
            message, known = no_column(check.describe, column, columns)
            near = None if did_you_mean(column, columns) else near_check(column)
            raise ValidationError(message, hint=f"{near} {known}" if near else known) from exc
        problem = explain_sql_error(exc, "")  # its place is one in SQL that nobody wrote
        hint = next((remedy for words, remedy in _REMEDIES.items() if words in problem.message), problem.hint)
        hint = hint or _FORMS if "syntax error" in problem.message else hint
        if unknown := _UNKNOWN_FUNCTION.search(problem.message):
            hint = near_check(unknown[1]) or hint  # DuckDB suggests some function of its own
        raise ValidationError(
            f"expectation '{check.describe}' can't be evaluated: {problem.message}", hint=hint
        ) from exc


def no_column(test: str, column: str, columns: Sequence[str]) -> tuple[str, str]:
    """Return message and hint for a data test that names a column that isn't there; columns: those that are."""
    more = len(columns) - _SHOWN_COLUMNS
    listed = f"columns: {', '.join(columns[:_SHOWN_COLUMNS])}{f' and {more} more' if more > 0 else ''}"
    near = did_you_mean(column, columns)
    return f"expectation '{test}': there is no column '{column}'", f"{near} {listed}" if near else listed


def _row_check(describe: str, bad: str) -> Check:
    return Check(describe, value=bad, bad=bad)


def _unique_check(describe: str, columns: list[str]) -> Check:
    key, known = ", ".join(columns), " AND ".join(f"{column} IS NOT NULL" for column in columns)
    # Counting distinct keys is much cheaper than numbering the rows of each, which only a failure needs.
    return Check(
        describe,
        value=f"CASE WHEN {known} THEN row({key}) END" if len(columns) > 1 else key,
        count="count({0}) - count(DISTINCT {0})",
        bad=f"{known} AND row_number() OVER (PARTITION BY {key}) > 1",
    )


def _accepted_check(describe: str, column: str, values: list[Any]) -> Check:
    known = [value for value in values if value is not None]  # NOT IN a list with a NULL holds for no row
    as_text = any(isinstance(value, str) for value in known)
    listed = ", ".join(_literal(value, as_text=as_text) for value in known)
    shown = ", ".join([describe, *(_literal(value) for value in known)])
    return _row_check(f"{shown})", f"{column} NOT IN ({listed})" if known else f"{column} IS NOT NULL")


def _literal(value: Any, *, as_text: bool = False) -> str:
    """Write a value as SQL; a text literal takes on the type that it is compared with."""
    if isinstance(value, bool):
        text = str(value).lower()
        return quote_text(text) if as_text else text
    if isinstance(value, int | float | Decimal) and math.isfinite(value) and not as_text:
        return str(value)
    return quote_text(str(value))


def _describe_count(low: int | None, high: int | None) -> str:
    if low == high:
        return f"row_count = {low}"
    if high is None:
        return f"row_count >= {low}"
    return f"row_count between {low} and {high}" if low else f"row_count <= {high}"

"""`--expect` texts as tests of the dialect."""

import pytest

from odibi_nb.cells.expectations import parse_expectation
from odibi_nb.config import CheckConfig
from odibi_nb.exceptions import UsageError

CASES = [
    ("not_null(a)", {"type": "not_null", "columns": ["a"]}),
    ("NOT_NULL( a , b )", {"type": "not_null", "columns": ["a", "b"]}),
    ("unique(a, b)", {"type": "unique", "columns": ["a", "b"]}),
    ('unique("my id", "say ""x""")', {"type": "unique", "columns": ["my id", 'say "x"']}),
    ("accepted_values(a, 'x', 2)", {"type": "accepted_values", "column": "a", "values": ["x", 2]}),
    (
        "accepted_values(a,'it''s, (x)',-1.5,true)",
        {"type": "accepted_values", "column": "a", "values": ["it's, (x)", -1.5, True]},
    ),
    ("row_count > 0", {"type": "row_count", "min": 1}),
    ("row_count>=5", {"type": "row_count", "min": 5}),
    ("ROW_COUNT < 10", {"type": "row_count", "max": 9}),
    ("row_count <= 10", {"type": "row_count", "max": 10}),
    ("row_count = 3", {"type": "row_count", "min": 3, "max": 3}),
    ("row_count == 3", {"type": "row_count", "min": 3, "max": 3}),
    ("row_count BETWEEN 2 and 5", {"type": "row_count", "min": 2, "max": 5}),
    ("row_count != 0", {"type": "row_count", "min": 1}),
    ("amount > 0", {"type": "custom_sql", "condition": "amount > 0"}),
    ("length(name) > 2 and not_null", {"type": "custom_sql", "condition": "length(name) > 2 and not_null"}),
    ("kind IN ('a:b', 'c')", {"type": "custom_sql", "condition": "kind IN ('a:b', 'c')"}),
    ("is_ok(a)", {"type": "custom_sql", "condition": "is_ok(a)"}),
    ("warn: amount > 0", {"type": "custom_sql", "condition": "amount > 0", "on_fail": "warn"}),
    ("warn:not_null(a)", {"type": "not_null", "columns": ["a"], "on_fail": "warn"}),
]


@pytest.mark.parametrize(("text", "test"), CASES)
def test_an_expectation_reads_as_a_test_that_the_dialect_accepts(text, test):
    assert parse_expectation(text) == test
    CheckConfig.model_validate(test)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "say what must hold"),
        ("warn:", "say what must hold"),
        ("not_null()", "not_null(id)"),
        ("not_null(a + 1)", "not_null(id)"),
        ("not_null('a')", "not_null(id)"),
        ("accepted_values(a)", "accepted_values(status"),
        ("accepted_values('x', 'y')", "accepted_values(status"),
        ("accepted_values(a, b)", "accepted_values(status"),
        ("notnull(a)", "did you mean 'not_null'?"),
        ("row_count != 5", "use <"),
        ("row_count < 0", "at least 0"),
        ("row_count between 5 and 2", "between 2 and 5"),
    ],
)
def test_an_unreadable_expectation_is_an_error_with_a_hint(text, hint):
    with pytest.raises(UsageError) as caught:
        parse_expectation(text)
    assert hint in caught.value.hint

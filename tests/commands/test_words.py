"""The expressions of -k."""

from __future__ import annotations

import pytest

from odibi_nb.commands.words import matches
from odibi_nb.exceptions import UsageError

TEXT = "by_region::Sums_of_paid"


@pytest.mark.parametrize(
    ("expression", "is_match"),
    [
        ("sums", True),
        ("region::sums", True),
        ("slow", False),
        ("not slow", True),
        ("sums and not slow", True),
        ("slow or paid", True),
        ("paid or slow and never", True),
        ("(paid or slow) and never", False),
        ("not (slow or paid)", False),
        ("not not sums", True),
        ("sumsand", False),
    ],
)
def test_words_are_looked_for_as_the_expression_asks(expression: str, is_match: bool) -> None:
    assert matches(expression, TEXT) is is_match


@pytest.mark.parametrize("expression", ["", "and", "sums and", "(sums", "sums)", "sums paid", "not", "()"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(UsageError, match="the expression of -k can't be read"):
        matches(expression, TEXT)

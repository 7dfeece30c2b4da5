"""Words that messages share."""

from __future__ import annotations

import pytest

from odibi_nb.exceptions import plural, shortened


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 rows"), (1, "1 row"), (2_000, "2,000 rows"), ("1", "1 row"), ("≥10", "≥10 rows")]
)
def test_only_one_of_a_kind_is_singular(count, text):
    assert plural(count, "row") == text


@pytest.mark.parametrize(("width", "text"), [(10, "abcdefghij"), (9, "abcd…ghij"), (8, "abcd…hij"), (7, "abc…hij")])
def test_a_long_text_keeps_both_ends_and_its_width(width, text):
    assert shortened("abcdefghij", width) == text
    assert len(text) == width

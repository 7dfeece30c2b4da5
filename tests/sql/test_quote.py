from __future__ import annotations

import duckdb
import pytest

from odibi_nb.sql import quote_name, quote_text

HARD = ["a", "select", 'say "hi"', "it's", "a;b -- c", "größe", " spaced ", "new\nline"]


@pytest.mark.parametrize("name", HARD)
def test_a_quoted_name_is_that_name(name: str) -> None:
    assert duckdb.sql(f"SELECT 1 AS {quote_name(name)}").columns == [name]


@pytest.mark.parametrize("value", HARD)
def test_a_quoted_text_is_that_text(value: str) -> None:
    assert duckdb.sql(f"SELECT {quote_text(value)}").fetchall() == [(value,)]

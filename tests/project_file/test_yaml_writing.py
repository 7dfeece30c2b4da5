"""YAML written so that it reads back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file import parse_yaml, yaml_text

WORDS = [
    "NO",
    "on",
    "1e5",
    "017",
    "2024-01-01",
    "null",
    "~",
    "",
    " x ",
    "a: b",
    "# c",
    "two\nlines\n",
    "1_000",
    "=",
    "<<",
    "a\x85b",
]
TEXTS = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXTS, below, max_size=3),
    max_leaves=10,
)


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_reads_back_here(data: dict[str, Any]) -> None:
    assert parse_yaml(yaml_text(data)).data == data


@pytest.mark.parametrize("word", WORDS)
def test_and_by_yaml_1_1_as_well(word: str) -> None:
    assert yaml.safe_load(yaml_text({"a": word, "b": [word]})) == {"a": word, "b": [word]}


def test_it_is_laid_out_as_people_write_it() -> None:
    node = {"name": "n", "tags": ["a", "b"], "read": {"connection": "c", "path": "x.csv"}, "sql": "SELECT 1\nFROM t"}
    written = yaml_text({"vars": {"least": 2}, "nodes": [node]})
    assert written == (
        "vars: {least: 2}\nnodes:\n  - name: n\n    tags: [a, b]\n    read: {connection: c, path: x.csv}\n"
        "    sql: |-\n      SELECT 1\n      FROM t\n"
    )


def test_what_yaml_cant_say_is_refused() -> None:
    with pytest.raises(ConfigValidationError, match="YAML can't say a object"):
        yaml_text({"a": object()})
    with pytest.raises(ConfigValidationError, match="doesn't read back"):
        yaml_text({"a": dt.date(2024, 1, 1)})

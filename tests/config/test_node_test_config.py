"""What the YAML of a unit test may say, and what is said of it where it may not."""

from __future__ import annotations

import pytest

from odibi_nb.config.node_tests import NodeTestConfig
from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file import build, parse_yaml


def read(text: str) -> NodeTestConfig:
    return build(NodeTestConfig, parse_yaml(text))


def test_a_list_is_the_expected_rows_and_a_text_the_error_s_message() -> None:
    assert read("expect: [{region: NO}]").expect.rows == [{"region": "NO"}]
    error = read("expect: {error: not found}").expect.error
    assert error is not None
    assert error.message == "not found"


def test_to_fill_with_null_is_not_the_same_as_not_to_fill() -> None:
    assert read("expect: []\nfill: null").fill is True
    assert read("expect: []\nfill: true").fill is True
    assert read("expect: []").fill is False


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("expct: []", 1, "unknown key 'expct'; did you mean 'expect'?", None),
        ("given: mock", 1, "'expect' is missing", "add 'expect:'"),
        ("expect:\n- {amount: 1}\n- {amont: 2}", 3, "row 2 has 'amont', which the first row has not", "'amount'?"),
        ("expect:\n- {a: 1, b: 2}\n- {a: 2}", 3, "row 2 leaves out 'b', which the first row has", "write b: null"),
        ("expect:\n  rows:\n  - 5", 3, "row 1 is no row", "a list of rows"),
        ("expect: [{2024: 5}]", 1, "a column's name is a text, not 2024", "quote it: '2024'"),
        ("expect: 5", 1, "expect says which rows, what count or which error", "total: 12"),
        ("expect: {}", 1, "expect takes one of rows, count and error, and nothing is given", "count"),
        ("expect: {count: 1, error: x}", 1, "not count and error", "count: 3"),
        ("expect: {rows: N}", 1, "rows is a list of rows", "a list of rows"),
        ("expect: {error: {}}", 1, "says at least a part of its message", "not found"),
        ("expect: {error: [x]}", 1, "error is a part of its message", "KeyError"),
        ("expect: {count: 1}\nordered: true", 2, "ordered is about rows, and expect gives none", None),
        ("expect: []\ntolerance: -1", 2, "'tolerance' should be greater than or equal to 0", None),
        ("expect: []\ngiven: mok", 2, "given is mock or a mapping of inputs, not 'mok'", "'mock'?"),
        ("expect: []\ngiven: [{a: 1}]", 2, "given maps each input to its rows", "sales"),
        ("expect: []\ngiven:\n  sales: 5", 3, "the rows of 'sales' are a list, CSV text or mock", "a list of rows"),
        ("expect: []\ngiven:\n  sales:\n  - 5", 4, "row 1 is no row", "a list of rows"),
        ("expect: []\nfill: {sales: [a]}", 2, "fill is null, or gives inputs values for columns", "region"),
    ],
)
def test_what_can_t_be_meant_is_said_at_its_line(text: str, line: int, message: str, hint: str | None) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.where.line == line
    assert (hint or "") in (caught.value.hint or "")

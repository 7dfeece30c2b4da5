"""Plain code as a function."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odibi_nb.cells.as_function import as_function, renamed_function
from odibi_nb.cells.python_body import bind_python, compile_python, read_python

TEXT = '"""one\n  two\n"""'
LINES = [
    "a = x + 1",
    f"t = {TEXT}",
    'f = f"""{x}\n  y"""',
    "if x:\n    a = 5",
    "# a comment",
    "",
    "b = (x,\n  2)",
    "x = 3; c = 4",
]


def both(source: str, inputs: tuple[str, ...] = ("x",), **values: Any) -> tuple[Any, Any]:
    """Return what the code gives in its cell, and as a function."""
    body = read_python(source, node="n")
    in_cell = bind_python(compile_python(body, filename="<cell>", inputs=inputs), {})(**values)
    scope: dict[str, Any] = {}
    exec(as_function(body, inputs), scope)
    as_one = scope["n"](**values)
    return (asyncio.run(in_cell), asyncio.run(as_one)) if inspect.iscoroutine(in_cell) else (in_cell, as_one)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=5), st.sampled_from(["x", "(x,\n 'last')  # result", TEXT, "x = 9; x"])
)
def test_it_gives_what_the_code_gives(lines: list[str], last: str) -> None:
    in_cell, as_one = both("\n".join([*lines, last]), x=1)
    assert in_cell == as_one


@pytest.mark.parametrize("source", ["y = x", "# nothing", "import asyncio\nawait asyncio.sleep(0)\nx + 1"])
def test_code_without_a_result_and_code_that_awaits(source: str) -> None:
    in_cell, as_one = both(source, x=1)
    assert in_cell == as_one


def test_the_authors_text_and_comments_stay() -> None:
    source = "# above\nkept = big[big.n > 1]  # few\n\nkept"
    expected = "def n(big, least):\n    # above\n    kept = big[big.n > 1]  # few\n\n    return kept"
    assert as_function(read_python(source, node="n"), ("big", "least")) == expected


def test_renaming_touches_the_definition_alone() -> None:
    source = "@cache\nasync def big(x):\n    return big_one(x)"
    assert renamed_function(source, "big", "big_node") == "@cache\nasync def big_node(x):\n    return big_one(x)"

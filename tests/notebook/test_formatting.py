"""A cell laid out anew for the extension of JupyterLab."""

import json

import pytest
from jupyter_client.manager import start_new_kernel

from odibi_nb.notebook.formatting import format_cell


def test_the_magic_the_header_and_what_follows_stay():
    cell = "\n%%odibi_node n --write local:n.csv\ntags: [a]  # why\n---\n\n-- one\nselect a from b where c >= $x\n\n"
    assert format_cell(cell).text == (
        "\n%%odibi_node n --write local:n.csv\ntags: [a]  # why\n---\n\n-- one\nSELECT a\nFROM b\nWHERE c >= $x\n\n"
    )


def test_no_blanks_stay_behind_the_last_word():
    assert format_cell("%%odibi_node n\nselect 1 -- c \t\n\n").text == "%%odibi_node n\nSELECT 1 -- c\n\n"


@pytest.mark.parametrize("magic", ["%%odibi_sql --rows 3", "%%odibi_expect n name", "%%odibi_node n --lang sql"])
def test_every_cell_with_sql_is_formatted(magic):
    assert format_cell(f"{magic}\nselect 1 as x").text == f"{magic}\nSELECT 1 AS x"


def test_an_error_has_its_line_in_the_cell():
    error = format_cell("\n%%odibi_node n\ntags: [a]\n---\nselect a frm b where").error
    assert error is not None
    assert "in line 5" in error


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%odibi_node n\na.head()", "written in Python"),
        ("%%odibi_node n\nread: {path: x}", "written in YAML"),
        ("%%odibi_node n --read local:x.csv", "has no body"),
        ("%%odibi_project\nvars: {}", "no SQL of a node in this cell"),
        ("x = 1", "no SQL of a node in this cell"),
        ("%%odibi_node n --lagn sql\nselect 1", "did you mean '--lang'"),
        ("%%odibi_sql", "empty"),
    ],
)
def test_a_cell_without_sql_says_so(cell, said):
    assert said in (format_cell(cell).error or "")


def test_the_answer_is_json_for_the_front_end():
    answer = format_cell("%%odibi_sql\nselect 1")._repr_json_()
    assert json.loads(json.dumps(answer)) == {"text": "%%odibi_sql\nSELECT 1", "error": None}


def test_the_kernel_keeps_no_trace_of_it():
    manager, client = start_new_kernel()
    try:
        module = "__import__('odibi_nb.notebook.formatting', fromlist=['format_cell'])"
        call = f"{module}.format_cell('%%odibi_sql\\nselect 1')"
        client.execute_interactive("before = set(globals())", timeout=120)
        asked = {"silent": True, "store_history": False, "user_expressions": {"formatted": call}}
        reply = client.execute("", reply=True, timeout=120, **asked)["content"]
        assert reply["user_expressions"]["formatted"]["data"]["application/json"]["text"] == "%%odibi_sql\nSELECT 1"
        left = {"left": "sorted(set(globals()) - before), len(Out), len(In)"}
        reply = client.execute("", reply=True, timeout=120, silent=True, user_expressions=left)["content"]
        # Of the first cell only: its variable, and its input beside IPython's empty one.
        assert reply["user_expressions"]["left"]["data"]["text/plain"] == "(['before'], 0, 2)"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

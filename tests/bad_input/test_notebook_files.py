"""A file called .ipynb that is no notebook, or not a sound one."""

import json

import pytest

from .doors import shell
from .projects import GOOD, notebook


def cell(**fields):
    return {"nbformat": 4, "cells": [{"cell_type": "code", **fields}]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", ("isn't JSON", "line 1", "conflict marks"), id="empty"),
        pytest.param('{"cells": [\n<<<<<<< HEAD\n', ("isn't JSON", "line 2"), id="conflict marks"),
        pytest.param(b"\xff\xfe\x00", ("isn't UTF-8",), id="not text"),
        pytest.param("[" * 100_000, ("nested too deeply",), id="nested 100,000 deep"),
        pytest.param([], ("no notebook",), id="a list"),
        pytest.param({"nbformat": 4}, ("no notebook",), id="no cells"),
        pytest.param({"nbformat": 3, "worksheets": []}, ("nbformat 3, not 4", "nbconvert"), id="nbformat 3"),
        pytest.param({"nbformat": 4, "cells": [1]}, ("a cell that is none", "cells[0]"), id="a cell that is a number"),
        pytest.param(cell(source=5), ("not text", "cells[0].source"), id="a source that is a number"),
        pytest.param(cell(source=["a", 5]), ("not text", "cells[0].source"), id="a line that is a number"),
        pytest.param(cell(source="x = 1\ny = '\ud800'"), ("\\ud800", "line 2"), id="half a character"),
    ],
)
@pytest.mark.parametrize("command", ["run", "validate"])
def test_it_is_refused(tmp_path, command, content, expected):
    path = tmp_path / "nb.ipynb"
    raw = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    text = shell(command, path).failure(2)
    assert "  hint: " in text
    for part in expected:
        assert part in text


def test_a_folder_called_ipynb_is_refused(tmp_path):
    (tmp_path / "nb.ipynb").mkdir()
    text = shell("run", tmp_path / "nb.ipynb").failure(2)
    assert "can't be read: Is a directory" in text


@pytest.mark.parametrize(("target", "near"), [("nbb.ipynb", "nb.ipynb"), ("missing", "a project folder")])
def test_a_missing_target_is_refused(tmp_path, target, near):
    (tmp_path / "nb.ipynb").write_text(json.dumps(notebook([])))
    text = shell("run", tmp_path / target).failure(2)
    assert near in text


def test_metadata_of_another_shape_is_no_obstacle(tmp_path):
    content = notebook(["%%odibi_node load\nSELECT 1 AS id"])
    content["cells"][0]["metadata"] = []
    path = tmp_path / "nb.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    shell("run", path).success()


def test_a_cell_of_5_megabytes_is_read(cells):
    target = cells("%%odibi_node load --read local:a.csv", "notes = '" + "x" * 5_000_000 + "'", files={"a.csv": GOOD})
    assert target.run("--json").data["nodes"]["load"]["rows"] == 2

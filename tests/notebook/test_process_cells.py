"""Nodes of cells in processes: the notebook's imports and helpers go along, and errors stand at the cell's own line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main
from tests.notebook.shells import LOAD, PROJECT, Notebook

HELPERS = (
    "import os\nimport pandas as pd\nRATE = 2\ndef scaled(frame):\n    return frame.assign(amount=frame.amount * RATE)"
)
CODE = "%%odibi_node made\nprocess: true\n---\nprint('at work')\nscaled(load_sales).assign(pid=os.getpid())"
FUNCTION = (
    "%%odibi_node made\nprocess: true\n---\ndef made(load_sales, min_amount):\n"
    "    kept = scaled(load_sales)[load_sales.amount >= min_amount]\n    return kept.assign(pid=os.getpid())"
)
WRONG = (
    "%%odibi_node wrong\nprocess: true\n---\ndef wrong(load_sales):\n    frame = scaled(load_sales)\n"
    "    return frame.amont"
)


@pytest.mark.parametrize(("cell", "amounts"), [(CODE, [100, 300, 400, None]), (FUNCTION, [300, 400])])
def test_both_forms_of_python_take_the_notebooks_helpers_along(nb: Notebook, cell: str, amounts: list[int]) -> None:
    ran = nb.ok(HELPERS, LOAD, cell)
    rows = nb.ws["made"].arrow().to_pylist()
    assert [row["amount"] for row in rows] == amounts
    assert os.getpid() not in {row["pid"] for row in rows}
    assert ("at work" in ran.html) == (cell == CODE)
    nb.ok("RATE = 3", "%odibi run made")
    assert nb.ws["made"].arrow().to_pylist()[-2]["amount"] == amounts[-2] * 3 // 2


def test_an_error_is_at_the_cells_own_line_with_its_hint(nb: Notebook) -> None:
    nb.ok(HELPERS, LOAD)
    text = str(nb.fails(WRONG))
    assert "AttributeError: 'DataFrame' object has no attribute 'amont'" in text
    assert "in node 'wrong', cell" in text
    assert "line 6\n  6 |     return frame.amont\n" in text
    assert "did you mean 'amount'?" in text


def test_a_notebook_that_runs_in_a_shell_sends_its_slice(
    nb: Notebook, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    transform = "from odibi_nb import transform\n@transform\ndef tag_rows(df):\n    return df.assign(pid=os.getpid())"
    tagged = "%%odibi_node tagged\ndepends_on: [made]\ntransform: {steps: [{function: tag_rows}]}"
    cells = [
        PROJECT,
        HELPERS,
        "raise SystemExit",
        transform,
        LOAD,
        FUNCTION.replace("process: true\n---\n", ""),
        tagged,
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, "n.ipynb")
    capsys.readouterr()
    assert main(["run", "n.ipynb", "--processes", "--workers", "auto", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["completed"] == ["load_sales", "made", "tagged"]
    assert {name: one["rows"] for name, one in data["nodes"].items()} == {"load_sales": 4, "made": 2, "tagged": 2}

"""`odibi-nb import` and `%odibi import`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from odibi_nb.commands.project_templates import make_project, template
from odibi_nb.commands.shell import main

from .shells import Notebook


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    make_project(folder, template("demo"))
    monkeypatch.chdir(folder)
    return folder


def test_a_notebook_stands_beside_its_project_and_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "."]) == 0
    said = capsys.readouterr().out
    assert said == (
        "coffee_shop.ipynb written from odibi.yaml: 4 nodes, 8 cells\nopen it: jupyter lab coffee_shop.ipynb\n"
    )
    assert main(["run", "coffee_shop.ipynb", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == ["by_region", "top_products"]
    assert main(["import", "odibi.yaml"]) == 0
    assert "coffee_shop.ipynb is what odibi.yaml says already" in capsys.readouterr().out


def test_a_changed_notebook_is_shown_and_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("sales.ipynb").read_bytes()
    assert main(["import", ".", "sales.ipynb"]) == 2
    said = capsys.readouterr().out
    assert "--- sales.ipynb, as it is\n+++ sales.ipynb, imported" in said
    assert "--force" in said.splitlines()[-1]
    assert Path("sales.ipynb").read_bytes() == before
    assert main(["import", ".", "sales.ipynb", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["state"] == "changed"
    assert main(["import", ".", "sales.ipynb", "--force"]) == 0
    assert Path("sales.ipynb").read_bytes() != before


def test_a_cell_imports_a_project_and_says_how_to_go_on(nb: Notebook, folder: Path) -> None:
    ran = nb.ok("%odibi import shop/odibi.yaml shop/new.ipynb")
    assert "new.ipynb written from odibi.yaml: 4 nodes" in ran.text
    assert "%odibi use" in ran.text
    assert (folder / "new.ipynb").is_file()
    assert not list(nb.ws.nodes)  # the session has declared nothing
    error = nb.fails("%odibi import shop shop/sales.ipynb")
    assert "sales.ipynb says something else by now" in str(error)


def test_an_imported_notebook_is_green_in_jupyter(folder: Path) -> None:
    assert main(["import", ".", "new.ipynb"]) == 0
    plain = [word for name in ("cacheprovider", "hypothesispytest", "xdist") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", *plain, "new.ipynb"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

"""All demo notebooks export, and give the same without the notebook."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from odibi_nb.commands.shell import main
from odibi_nb.exporting import export
from odibi_nb.project_file import parse_yaml
from odibi_nb.workspaces.headless import load_target
from tests.exporting.notebooks import files_in, outcome

DEMOS = Path(__file__).parents[2] / "demo_notebooks"
LEFT_BEHIND = ("tpch", "large", "output", ".odibi", ".ipynb_checkpoints")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demos with all that they read, made small."""
    copy = tmp_path_factory.mktemp("demos") / "demos"
    shutil.copytree(DEMOS, copy, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    tpchgen = Path(sysconfig.get_path("scripts"), "tpchgen-cli")
    subprocess.run([tpchgen, "parquet", "-s", "0.001", "--output-dir", copy / "tpch"], check=True, capture_output=True)
    cells = json.loads((copy / "05_large_data.ipynb").read_text())["cells"]
    maker = next(source for cell in cells if "COPY" in (source := "".join(cell["source"])))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        exec(maker.replace("range(2000000)", "range(5000)"), {})
    return copy


@pytest.mark.parametrize("notebook", sorted(path.name for path in DEMOS.glob("0*.ipynb")))
def test_the_export_of_a_demo_gives_what_the_notebook_gives(folder: Path, notebook: str) -> None:
    target = folder / "exported" / notebook.partition(".")[0]
    ws = load_target(folder / notebook).workspace
    ws.keep_nothing()
    export(ws, target)
    ws.close()
    assert outcome(target) == outcome(folder / notebook)
    first = files_in(target)
    assert main(["export", str(target), str(folder / "again" / target.name)]) == 0
    again = files_in(folder / "again" / target.name)
    assert again["odibi.yaml"] == first["odibi.yaml"]
    assert again.get("transforms.py") == first.get("transforms.py")
    assert parse_yaml(again.get("tests.yaml", "")).data == parse_yaml(first.get("tests.yaml", "")).data
    back = folder / f"back_{target.name}.ipynb"
    assert main(["import", str(target), str(back)]) == 0
    assert main(["export", str(back), str(folder / "back" / target.name)]) == 0
    assert files_in(folder / "back" / target.name) == first


def test_modules_are_clean_for_ruffs_default_rules(folder: Path) -> None:
    ruff = shutil.which("ruff", path=sysconfig.get_path("scripts"))
    if ruff is None:
        pytest.skip("no ruff")
    if not (folder / "exported").is_dir():
        pytest.skip("no demo was exported")
    command = [ruff, "check", "--isolated", "--no-cache", "exported"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_an_export_runs_as_a_module(folder: Path) -> None:
    if not (target := folder / "exported" / "01_sales_pipeline").is_dir():
        pytest.skip("the demo wasn't exported")
    command = [sys.executable, "-m", "01_sales_pipeline", "--json"]
    done = subprocess.run(command, cwd=target.parent, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["status"] == "completed", done.stderr

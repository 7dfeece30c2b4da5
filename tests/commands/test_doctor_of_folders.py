"""What `doctor` says of Jupyter, the shell and a folder, each broken for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest

import odibi_nb
from odibi_nb.commands.diagnosis_jupyter import jupyter_checks
from odibi_nb.commands.diagnosis_project import project_checks, shell_checks
from odibi_nb.commands.findings import Finding
from odibi_nb.commands.shell import main

LABEXTENSION = Path(odibi_nb.__file__).parent / "labextension"
MANAGER = "@jupyter-widgets/jupyterlab-manager"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another environment, first on the PATH, with a JupyterLab that has every extension."""
    prefix = tmp_path / "server"
    for program in ("jupyter-lab", "python"):
        file = prefix / "bin" / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    extensions = prefix / "share/jupyter/labextensions"
    for name, version in {MANAGER: "5.0.1", "anywidget": metadata.version("anywidget")}.items():
        save(extensions / name / "package.json", {"name": name, "version": version})
    (extensions / "odibi-nb").symlink_to(LABEXTENSION)
    save(prefix / "share/jupyter/kernels/mine/kernel.json", {"language": "python", "argv": [sys.executable, "-m"]})
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PATH", f"{prefix / 'bin'}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return prefix


def save(file: Path, data: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data))


def amiss(findings: Any) -> list[Finding]:
    return [finding for finding in findings if finding.state != "ok"]


def notebook(name: str, kernel: str) -> None:
    cells = [nbformat.v4.new_code_cell("%%odibi_node a\nSELECT 1 AS x")]
    kernelspec = {"name": kernel, "display_name": kernel}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), name)


def test_a_server_with_all_that_it_needs_is_healthy(server: Path) -> None:
    notebook("mine.ipynb", "mine")
    assert amiss(jupyter_checks()) == []
    assert f"that of {server}" in [finding.detail for finding in jupyter_checks()]


@pytest.mark.parametrize(
    ("extension", "package"), [(MANAGER, "jupyterlab_widgets"), ("anywidget", "anywidget"), ("odibi-nb", "odibi_nb")]
)
def test_what_the_server_s_environment_lacks_is_installed_there(server: Path, extension: str, package: str) -> None:
    place = server / "share/jupyter/labextensions" / extension
    place.unlink() if place.is_symlink() else shutil.rmtree(place)
    (found,) = amiss(jupyter_checks())
    assert (found.name, found.state) == (f"labextension {extension}", "warn")
    assert str(server) in found.detail
    assert found.fix.startswith(f"{server / 'bin/python'} -m pip install {package}")


@pytest.mark.parametrize("extension", ["anywidget", "odibi-nb"])
def test_an_extension_of_another_version_than_the_kernel_s_is_told(server: Path, extension: str) -> None:
    place = server / "share/jupyter/labextensions" / extension
    if place.is_symlink():
        place.unlink()
    save(place / "package.json", {"version": "0.0.9"})
    (found,) = amiss(jupyter_checks())
    assert found.name == f"labextension {extension}"
    assert found.detail.startswith(f"0.0.9 in {place}, the kernel has ")
    assert "--force-reinstall" in found.fix


def test_a_jupyterlab_that_is_too_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "jupyterlab-4.1.8.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: jupyterlab\nVersion: 4.1.8\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))  # no other server
    found = next(finding for finding in jupyter_checks() if finding.name == "Jupyter")
    assert (found.state, found.fix) == ("warn", "pip install 'jupyterlab>=4.2'")
    assert found.detail.startswith("jupyterlab 4.1.8: ")


def test_an_extension_that_is_switched_off_is_told(server: Path, tmp_path: Path) -> None:
    off = {"disabledExtensions": {"anywidget": True, "odibi-nb": False}}
    save(tmp_path / "JUPYTER_CONFIG_DIR/labconfig/page_config.json", off)
    (found,) = amiss(jupyter_checks())
    assert (found.name, found.fix) == ("labextension anywidget", "jupyter labextension enable anywidget")


def test_a_python_that_no_kernel_starts_is_told_with_the_command(server: Path) -> None:
    save(server / "share/jupyter/kernels/mine/kernel.json", {"language": "python", "argv": ["python", "-m"]})
    notebook("theirs.ipynb", "mine")
    none, theirs = amiss(jupyter_checks())
    assert none.detail == f"none starts this Python, {sys.executable}"
    assert none.fix.startswith(f"{sys.executable} -m ipykernel install --user --name ")
    assert theirs.detail == (
        f"'mine', which theirs.ipynb asks for, starts {server / 'bin/python'}, another Python than this one"
    )


def test_a_notebook_whose_kernel_is_not_registered_is_told(server: Path) -> None:
    notebook("old.ipynb", "python2")
    (found,) = amiss(jupyter_checks())
    assert found.detail == "old.ipynb asks for 'python2', which is not registered"


def test_a_runtime_folder_that_is_none_fails(server: Path, tmp_path: Path) -> None:
    (tmp_path / "JUPYTER_RUNTIME_DIR").write_text("")
    (found,) = amiss(jupyter_checks())
    assert (found.name, found.state) == ("Jupyter's runtime files", "fail")


def test_a_program_of_another_python_on_the_path_is_told(server: Path) -> None:
    shutil.copy(server / "bin/python", server / "bin/odibi-nb")
    (found,) = amiss(shell_checks())
    assert found.name == "odibi-nb"
    assert str(server / "bin/odibi-nb") in found.detail
    assert sys.executable in found.detail


def test_a_terminal_without_utf_8_a_hidden_library_and_a_version_too_low_are_told(tmp_path: Path) -> None:
    """As it is started by the installed program: the folder isn't on Python's path."""
    (tmp_path / "pandas.py").write_text("raise SystemExit('imported')\n")
    low = tmp_path / "low/sqlglot-1.0.dist-info"
    low.mkdir(parents=True)
    (low / "METADATA").write_text("Metadata-Version: 2.1\nName: sqlglot\nVersion: 1.0\n")
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONSAFEPATH": "1", "COLUMNS": "300"}
    env["PYTHONPATH"] = os.pathsep.join([str(low.parent), str(Path(odibi_nb.__file__).parents[1])])
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "doctor"]
    finished = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert finished.returncode == 1, finished.stderr
    assert "output: export PYTHONUTF8=1" in finished.stdout
    assert "pandas: give pandas.py another name" in finished.stdout
    assert "sqlglot: pip install 'sqlglot" in finished.stdout
    assert "imported" not in finished.stdout + finished.stderr


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one result in its store."""
    monkeypatch.chdir(tmp_path)
    # Of few rows that took a few milliseconds no file is kept.
    cells = [nbformat.v4.new_code_cell("%%odibi_node a\nSELECT i FROM range(20_000) AS r(i)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "n.ipynb")
    assert main(["run", "n.ipynb"]) == 0
    return tmp_path


def test_a_store_that_is_whole_is_healthy(stored: Path) -> None:
    assert amiss(project_checks()) == []
    assert [finding.detail[:8] for finding in project_checks()] == ["1 result"]


@pytest.mark.parametrize("kind", ["rows/*/*.parquet", "results/*.json"])
def test_what_is_damaged_in_the_store_is_told_and_the_fix_mends_it(stored: Path, kind: str) -> None:
    (file,) = (stored / ".odibi/store").glob(kind)
    file.write_bytes(file.read_bytes()[:-3])
    (found,) = amiss(project_checks())
    assert found.detail.endswith("; 1 more can't be read or have lost rows, and are computed again")
    assert found.fix == "odibi-nb store NOTEBOOK prune --check"
    assert main(["store", "n.ipynb", "prune", "--check"]) == 0
    assert amiss(project_checks()) == []


def test_a_store_that_is_too_large_is_told(stored: Path) -> None:
    (file,) = (stored / ".odibi/store").glob("rows/*/*.parquet")
    with file.with_name("large.parquet").open("wb") as large:
        large.truncate(11_000_000_000)  # takes no room
    (found,) = amiss(project_checks())
    assert (found.name, found.fix) == ("stored results", "odibi-nb store NOTEBOOK prune")


def test_results_in_git_are_told(stored: Path) -> None:
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], check=True, capture_output=True)
    assert amiss(project_checks()) == []  # its own .gitignore keeps it out
    subprocess.run(["git", "add", "-f", ".odibi"], check=True, capture_output=True)
    (found,) = amiss(project_checks())
    assert found.fix.startswith("git rm -r --cached .odibi")
    assert subprocess.run(["git", "rm", "-r", "-q", "--cached", ".odibi"], check=True).returncode == 0
    assert amiss(project_checks()) == []


def test_a_schema_of_another_version_is_told_and_the_fix_renews_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("odibi.schema.json").write_text("{}")
    (found,) = amiss(project_checks())
    assert main(found.fix.split()[1:]) == 0
    assert amiss(project_checks()) == []

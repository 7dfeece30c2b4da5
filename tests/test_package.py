"""The package as a whole: its public names, what importing it loads, and which layer imports which."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import odibi_nb

ROOT = Path(__file__).parents[1]
HEAVY = ("pandas", "duckdb", "pydantic", "IPython", "pyarrow", "sqlglot", "yaml", "numpy", "asyncio")


def _loaded_after(code: str) -> str:
    listing = f"import sys; print(sorted({{m.partition('.')[0] for m in sys.modules}} & set({HEAVY!r})))"
    command = [sys.executable, "-c", f"{code}\n{listing}"]
    with tempfile.TemporaryDirectory() as folder:  # where no earlier run has left results
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.splitlines()[-1]


def test_public_names_are_those_of_the_seed_api() -> None:
    assert odibi_nb.__all__ == [
        "Pipeline",
        "PipelineResults",
        "Workspace",
        "load_ipython_extension",
        "node",
        "transform",
        "unload_ipython_extension",
        "workspace",
    ]


@pytest.mark.parametrize("name", odibi_nb.__all__)
def test_every_public_name_is_there_with_a_docstring(name: str) -> None:
    assert getattr(odibi_nb, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Pipelin"):
        _ = odibi_nb.Pipelin


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _loaded_after("import odibi_nb") == "[]"


def test_the_help_of_the_shell_loads_nothing_heavy() -> None:
    assert _loaded_after("from odibi_nb.commands.shell import main; main(['--help'])") == "[]"


def test_the_plug_in_of_pytest_loads_nothing_heavy() -> None:
    assert _loaded_after("import odibi_nb.pytest_plugin") == "[]"


@pytest.mark.parametrize("command", ["run", "plan", "test", "graph"])
def test_a_commands_help_loads_no_more_than_it_shows(command: str) -> None:
    assert _loaded_after(f"from odibi_nb.commands.shell import main; main(['{command}', '--help'])") == "[]"


@pytest.mark.parametrize("how", ["ws.run()", "ws.run(workers=2)", "ws.run_cell('b')"])
def test_sql_alone_loads_no_library_of_frames(how: str) -> None:
    code = "import odibi_nb; ws = odibi_nb.Workspace(); ws.node('a', 'SELECT 1 AS x'); ws.node('b', 'SELECT x FROM a')"
    assert _loaded_after(f"{code}\n{how}; ws.status('b'); ws['b'].rows") == "['duckdb', 'pydantic', 'yaml']"


def test_the_core_runs_without_jupyter() -> None:
    code = "import odibi_nb; ws = odibi_nb.Workspace(); ws.node('a', 'SELECT 1 AS x'); ws.run(); ws.close()"
    assert "IPython" not in _loaded_after(code)


def test_importing_the_core_keeps_submodule_and_function_apart() -> None:
    importlib.import_module("odibi_nb.workspaces")
    assert callable(odibi_nb.workspace)


@pytest.mark.skipif(shutil.which("lint-imports", path=Path(sys.executable).parent) is None, reason="no import-linter")
def test_imports_point_down_only() -> None:
    command = str(Path(sys.executable).parent / "lint-imports")
    done = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

"""What `%load_ext odibi_nb` puts into a shell, and takes out of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import odibi_nb
from odibi_nb.exceptions import UsageError
from tests.notebook.shells import LOAD, PROJECT, Notebook


def _contents(shell: InteractiveShell) -> dict[str, object]:
    manager = shell.magics_manager
    return {
        "line": set(manager.magics["line"]),
        "cell": set(manager.magics["cell"]),
        "registry": set(manager.registry),
        "transformers": list(shell.input_transformers_cleanup),
        "events": {name: list(callbacks) for name, callbacks in shell.events.callbacks.items()},
        "matchers": list(shell.Completer.custom_matchers),
        "configurables": list(shell.configurables),
        "cards": set(shell.display_formatter.mimebundle_formatter.deferred_printers),
        "variables": set(shell.user_ns) - {"_i", "_ii", "_iii", "_dh", "_oh", "_exit_code"},
    }


def alone(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, where no earlier one has left results."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_unloading_takes_everything_out_again(shell: InteractiveShell) -> None:
    before = _contents(shell)
    shell.extension_manager.load_extension("odibi_nb")
    assert "odibi_node" in shell.magics_manager.magics["cell"]
    shell.extension_manager.unload_extension("odibi_nb")
    assert _contents(shell) == before


def test_reloading_keeps_the_workspace(nb: Notebook) -> None:
    before = nb.ws
    nb.ok(LOAD)
    ran = nb.ok("%reload_ext odibi_nb")
    assert nb.ws is before
    assert "1 node kept" in ran.text
    assert nb.ws["load_sales"].rows == 4


def test_loading_twice_registers_once(nb: Notebook) -> None:
    nb.ok("%load_ext odibi_nb")
    odibi_nb.load_ipython_extension(nb.shell)
    names = [getattr(one, "__name__", "") for one in nb.shell.input_transformers_cleanup]
    assert names.count("fill_empty_cells") == 1


def test_loading_says_one_line_with_version_and_root(shell: InteractiveShell) -> None:
    text = Notebook(shell).ok("%load_ext odibi_nb").text.strip()
    assert text.count("\n") == 0
    assert odibi_nb.__version__ in text
    assert "root " in text


def test_empty_cells_of_other_magics_are_left_alone(nb: Notebook) -> None:
    assert nb.shell.transform_cell("%%timeit") == nb.shell.transform_cell("%%timeit\n")


def test_workspace_is_that_of_the_magics(nb: Notebook) -> None:
    assert odibi_nb.workspace() is nb.ws


def test_workspace_without_a_kernel_is_a_clear_error() -> None:
    code = "import odibi_nb\ntry: odibi_nb.workspace()\nexcept odibi_nb.exceptions.UsageError as exc: print(exc)"
    done = subprocess.run(
        [sys.executable, "-c", "import odibi_nb.exceptions; " + code], capture_output=True, text=True, check=True
    )
    assert "there is no workspace here" in done.stdout
    assert "Workspace(root)" in done.stdout


def test_workspace_before_loading_names_load_ext(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match="load_ext"):
        odibi_nb.workspace()


def test_two_shells_have_a_workspace_each(nb: Notebook) -> None:
    nb.ok(LOAD)
    other = InteractiveShell(config=nb.shell.config)
    odibi_nb.load_ipython_extension(other)
    second = Notebook(other)
    second.ok(PROJECT, "%%odibi_node mine\nSELECT 1 AS x")
    assert list(nb.ws) == ["load_sales"]
    assert list(second.ws) == ["mine"]
    second.ws.close()
    odibi_nb.unload_ipython_extension(other)


def test_loading_imports_nothing_heavy_before_it_returns(tmp_path: Path) -> None:
    code = """
import sys, threading
threading.Thread.start = lambda thread: None  # what loads in the background would be seen here
from IPython.core.interactiveshell import InteractiveShell
before = set(sys.modules)
shell = InteractiveShell.instance()
shell.extension_manager.load_extension("odibi_nb")
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pandas", "duckdb", "pydantic", "pyarrow", "sqlglot"}))
"""
    done = alone(tmp_path, code)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["[]"]), done.stderr


def test_cells_of_sql_load_no_library_of_frames(tmp_path: Path) -> None:
    code = """
import sys, threading
start = threading.Thread.start
threading.Thread.start = lambda thread: None if thread.name == "odibi-warm" else start(thread)
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.extension_manager.load_extension("odibi_nb")
nodes = ("%%odibi_node one\\nSELECT 1 AS x", "%%odibi_node two\\nSELECT x FROM one")
without_picture = "%%odibi_project\\nstory: {auto_generate: false}"
for cell in (without_picture, *nodes, "%odibi run", "%odibi plan"):
    shell.run_cell(cell).raise_error()
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pandas", "numpy", "pyarrow", "sqlglot", "wasmtime"}))
"""
    done = alone(tmp_path, code)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["[]"]), done.stderr


def test_an_interpreter_that_ends_at_once_ends_well(tmp_path: Path) -> None:
    load = "InteractiveShell.instance().extension_manager.load_extension('odibi_nb')"
    code = f"from IPython.core.interactiveshell import InteractiveShell\n{load}"
    done = alone(tmp_path, code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("asked", ["%%odibi_node?", "%odibi_node?"])
def test_help_of_the_node_magic_has_an_example_and_every_option(
    nb: Notebook, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from odibi_nb.cells.options import NODE_LINE

    shown: list[str] = []
    nb.shell.set_hook("show_in_pager", lambda self, data, start=0, screen_lines=0: shown.append(data["text/plain"]))
    nb.run(asked)
    text = "".join(shown) + capsys.readouterr().out
    assert "odibi_node load_sales --read local:sales.csv" in text
    assert all(option.name in text for option in NODE_LINE.options)


def test_the_node_magic_takes_help(nb: Notebook) -> None:
    assert "--materialize" in nb.ok("%%odibi_node --help").text
    assert list(nb.ws) == []


def test_papermills_cell_above_the_extension_counts(shell: InteractiveShell) -> None:
    shell.run_cell("# Parameters\nmin_amount = 180\n", store_history=True)  # where papermill puts it by itself
    shell.run_cell("%load_ext odibi_nb", store_history=True)
    cells = Notebook(shell)
    cells.ok(PROJECT, LOAD, "%%odibi_node n\nSELECT * FROM load_sales WHERE amount > $min_amount")
    assert cells.ws["n"].rows == 1

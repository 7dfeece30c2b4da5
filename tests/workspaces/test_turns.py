"""Runs of one notebook don't overlap."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from odibi_nb import Workspace
from odibi_nb.commands.shell import main
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.workspaces.headless import load_target

ROOT = Path(__file__).parents[2]
SLOW = (
    "%%odibi_node slow\nfrom pathlib import Path\nimport time\nimport pandas as pd\nPath('started').touch()\n"
    "while not Path('go_on').exists():\n    time.sleep(0.01)\npd.DataFrame({'x': [1]})"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A folder with a notebook, and a shell that is in the middle of running it."""
    folder = tmp_path_factory.mktemp("turns")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SLOW)])
    for name in ("n.ipynb", "other.ipynb"):
        nbformat.write(notebook, folder / name)
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", "n.ipynb"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while not (folder / "started").exists():
            assert process.poll() is None
            threading.Event().wait(0.02)
        try:
            yield folder, process
        finally:
            process.kill()


@pytest.fixture
def folder(running: tuple[Path, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(running[0])
    return running[0]


@pytest.mark.parametrize(
    ("options", "said"), [(["--no-wait"], "goes on: "), (["--wait", "0.3"], "goes on after 0.3 s: ")]
)
def test_a_second_run_that_is_not_to_wait_names_the_first(
    folder: Path,
    running: tuple[Path, subprocess.Popen[bytes]],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    assert main(["run", "n.ipynb", *options]) == 2
    told = capsys.readouterr().err
    assert f"another run of this {said}odibi-nb run n.ipynb (process {running[1].pid} on " in told
    assert ("waiting for another run" in told) == ("--wait" in options)


def test_options_that_contradict_each_other_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "n.ipynb", "--wait", "5", "--no-wait"]) == 2
    assert "contradict" in capsys.readouterr().err
    assert main(["run", "n.ipynb", "--wait", "long"]) == 2
    assert "a number of seconds" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["plan", "validate", "graph", "status", "test"])
def test_what_runs_nothing_does_not_wait(folder: Path, command: str) -> None:
    assert main([command, "n.ipynb"]) == (2 if command == "test" else 0)  # it has no test


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_ends_the_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, is_over = io.BytesIO(), threading.Event()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(said, "utf-8", write_through=True))

    def interrupt() -> None:
        while b"waiting for another run of this to end: odibi-nb run n.ipynb" not in said.getvalue():
            if is_over.wait(0.02):
                return
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    try:
        assert main(["run", "n.ipynb"]) == 130
    finally:
        is_over.set()


def test_a_session_waits_for_it_too_and_another_notebook_does_not(folder: Path) -> None:
    session = Workspace(folder)
    session.saved_as = "n"
    session.node("a", "SELECT 1 AS x")
    with pytest.raises(UsageError, match="another run of this goes on"):
        session.run(wait_s=0)
    assert session.run_cell("a").success  # which writes nothing
    session.saved_as = "other"
    assert session.run(wait_s=0).status == "completed"


def test_a_session_that_nobody_can_tell_which_it_is_waits_for_none(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%odibi_node a\nSELECT 1 AS x")])
    nbformat.write(notebook, tmp_path / f"{tmp_path.name}.ipynb")
    known = load_target(tmp_path / f"{tmp_path.name}.ipynb").workspace
    unknown = Workspace(tmp_path)
    unknown.node("a", "SELECT 1 AS x")
    with known._runs.turns.taken():
        assert unknown.run(wait_s=0).status == "completed"
        with pytest.raises(UsageError, match="another run of this goes on"):
            known.run(wait_s=0)


def test_a_node_that_runs_its_own_notebook_is_no_deadlock(tmp_path: Path) -> None:
    cell = (
        "%%odibi_node a\nfrom odibi_nb.workspaces.headless import load_target\n"
        f"load_target({str(tmp_path / 'n.ipynb')!r}).workspace.run()"
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), tmp_path / "n.ipynb")
    with pytest.raises(OdibiException, match="started within the run that it would wait for"):
        load_target(tmp_path / "n.ipynb").workspace.run()


def test_a_process_that_a_node_starts_is_none_either(tmp_path: Path) -> None:
    cell = (
        "%%odibi_node a\nimport subprocess, sys\n"
        f"command = [sys.executable, '-m', 'odibi_nb.commands.shell', 'run', {str(tmp_path / 'n.ipynb')!r}]\n"
        f"env = {{'PYTHONPATH': {str(ROOT)!r}}}\n"
        "raise ValueError(subprocess.run(command, capture_output=True, text=True, env=env).stderr)"
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), tmp_path / "n.ipynb")
    with pytest.raises(OdibiException, match="started within the run that it would wait for"):
        load_target(tmp_path / "n.ipynb").workspace.run()


def test_a_folder_that_can_not_be_written_is_told_and_no_obstacle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".odibi").write_text("no folder")
    ws = Workspace(tmp_path)
    ws.saved_as = "n"
    ws.node("a", "SELECT 1 AS x")
    assert ws.run().status == "completed"
    assert "isn't kept away" in capsys.readouterr().err


def test_once_the_first_has_ended_the_second_runs(folder: Path, running: tuple[Path, subprocess.Popen[bytes]]) -> None:
    threading.Timer(0.3, (folder / "go_on").touch).start()
    assert main(["run", "n.ipynb"]) == 0
    assert running[1].wait(120) == 0

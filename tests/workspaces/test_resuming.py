"""`run --resume` goes on where the last run failed or was stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from odibi_nb.commands.shell import main

ROOT = Path(__file__).parents[2]
PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: .}}\nvars: {least: 0}"
SETUP = (
    "from pathlib import Path\nimport pandas as pd\n\n\ndef count(name):\n"
    "    with Path('log').open('a') as log:\n        log.write(f'{name}\\n')"
)
FETCH = "%%odibi_node fetch\ncount('fetch')\npd.DataFrame({'x': [1, 2]})"
AGAIN = (
    "%%odibi_node again\ncache: false\n---\n"
    "def again(fetch, least):\n    count('again')\n    return fetch[fetch.x > least]\n"
)
TELL = "%%odibi_node tell --returns none\ndef tell(fetch):\n    count('tell')"
BAD = (
    "%%odibi_node bad --depends-on tell\ndef bad(again):\n    if not Path('mended').exists():\n"
    "        raise ValueError('not yet')\n    count('bad')\n    return again"
)
LAST = "%%odibi_node last --write local:last.csv\nSELECT * FROM bad"

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ODIBI_NB_ENV", raising=False)
    _write(PROJECT, SETUP, FETCH, AGAIN, TELL, BAD, LAST)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the notebook; returns status, data, stderr."""

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        status = main(["run", "n.ipynb", "--json", *words])
        captured = capsys.readouterr()
        return status, json.loads(captured.out), captured.err

    return run


def _write(*cells: str) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), "n.ipynb")


def _logged() -> list[str]:
    """Return what nodes have run since the last time that this was asked."""
    lines = Path("log").read_text().split() if Path("log").exists() else []
    Path("log").unlink(missing_ok=True)
    return lines


def test_what_the_failed_run_has_done_is_not_done_again(run: Run) -> None:
    assert run()[0] == 1
    assert _logged() == ["fetch", "again", "tell"]
    status, data, err = run("--resume")
    assert (status, data["failed"], _logged()) == (1, ["bad"], [])
    assert "which failed with 3 of 5 nodes done" in err
    Path("mended").touch()
    status, data, _ = run("--resume")
    assert (status, _logged()) == (0, ["bad"])
    assert (data["cached"], data["completed"]) == (["fetch", "again", "tell"], ["bad", "last"])
    assert data["written"] == ["last"]
    assert data["nodes"]["again"]["rows"] == 2


def test_without_it_all_that_reads_the_outside_world_runs_again(run: Run) -> None:
    run()
    _logged()
    run()
    assert _logged() == ["fetch", "again", "tell"]


def test_there_is_nothing_to_resume_after_a_run_that_completed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mended").touch()
    assert run("--resume")[:2] == (
        2,
        {"status": "failed", "error": {"type": "UsageError", "message": "there is no run to resume", **NOWHERE}},
    )
    assert run()[0] == 0
    _logged()
    status, data, _ = run("--resume")
    assert (status, data["status"], data["nodes"], _logged()) == (0, "completed", {}, [])
    assert main(["run", "n.ipynb", "--resume"]) == 0
    assert "nothing to resume: the last run completed" in capsys.readouterr().out


def test_its_parameters_and_nodes_hold_unless_others_are_given(run: Run) -> None:
    run("+bad", "--param", "least=1")
    _logged()
    Path("mended").touch()
    status, data, _ = run("--resume")
    assert (status, data["nodes"]["bad"]["rows"], "last" in data["nodes"], _logged()) == (0, 1, False, ["bad"])
    Path("mended").unlink()
    run("+bad", "--param", "least=1", "--force")
    Path("mended").touch()
    _logged()
    status, data, _ = run("--resume", "--param", "least=0")
    assert (status, data["nodes"]["bad"]["rows"], _logged()) == (0, 2, ["again", "bad"])


def test_what_was_changed_meanwhile_runs_again(run: Run) -> None:
    run()
    _logged()
    changed = TELL.replace("count('tell')", "count('told')")
    _write(PROJECT, SETUP, FETCH, AGAIN.replace("fetch.x >", "fetch.x >="), changed, BAD, LAST)
    assert run("--resume")[0] == 1
    assert _logged() == ["again", "told"]


def test_what_a_forced_run_has_left_is_computed_though_it_is_fresh(run: Run) -> None:
    cells = PROJECT, SETUP, "%%odibi_node early\nSELECT 1 AS x", "%%odibi_node late\nSELECT x FROM early"
    _write(*cells)
    run()
    _write(*cells[:2], "%%odibi_node a\nraise ValueError('no')", *cells[2:])
    assert run("--force", "--fail-fast")[1]["skipped"] == ["early", "late"]
    assert run("--resume")[1]["completed"] == ["early", "late"]


def test_an_environment_holds_too(run: Run) -> None:
    _write(f"{PROJECT}\nenvironments: {{prod: {{vars: {{least: 1}}}}}}", SETUP, FETCH, AGAIN, TELL, BAD, LAST)
    run("--env", "prod")
    Path("mended").touch()
    assert run("--resume")[1]["nodes"]["last"]["rows"] == 1


@pytest.mark.parametrize("option", ["--force", "--mock"])
def test_what_is_no_going_on_is_refused(run: Run, option: str) -> None:
    run()
    assert run("--resume", option)[0] == 2


def test_half_a_line_of_a_killed_run_does_no_harm(run: Run) -> None:
    run()
    (record,) = Path(".odibi/runs").glob("*.run")
    lines = record.read_text().splitlines(keepends=True)
    record.write_text("".join(lines[:3]) + lines[3][:5])
    _logged()
    Path("mended").touch()
    status, _, err = run("--resume")
    assert (status, _logged()) == (0, ["tell", "bad"])
    assert "which was killed with 2 of 5 nodes done" in err


def test_what_took_long_is_there_after_a_kill(run: Run) -> None:
    long = "%%odibi_node fetch\ncount('fetch')\ntime.sleep(1.02)\npd.DataFrame({'x': [random.random()]})"
    wait = (
        "%%odibi_node wait\ndef wait(fetch):\n"
        "    while not Path('mended').exists():\n        time.sleep(0.01)\n    return fetch\n"
    )
    _write(PROJECT, f"import random\nimport time\n{SETUP}", long, wait)
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", "n.ipynb"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL) as process:
        patience = 6_000
        while patience and not _is_kept_and_noted():
            patience -= 1
            time.sleep(0.02)
        process.kill()
    assert patience, "nothing was kept while the run went on"
    assert _logged() == ["fetch"]
    Path("mended").touch()
    status, data, err = run("--resume")
    assert (status, data["cached"], data["completed"], _logged()) == (0, ["fetch"], ["wait"], [])
    assert "which was killed with 1 of 2 nodes done" in err


def _is_kept_and_noted() -> bool:
    notes = "".join(one.read_text() for one in Path(".odibi/runs").glob("*.run"))
    return any(Path(".odibi/store").glob("last/*.json")) and '["fetch", "completed"' in notes


NOWHERE = {"cell": None, "line": None, "hint": "run it without --resume; it takes a store (settings: store)"}

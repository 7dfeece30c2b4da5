"""`store` at both doors, and a notebook that runs headless twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from odibi_nb.commands.shell import main

Shell = Callable[..., tuple[int, str, str]]
CELLS = (
    "%%odibi_project\nconnections: {local: {type: local, base_path: .}}\nvars: {least: 1}",
    "%%odibi_node load --read local:sales.csv",
    "%%odibi_node clean\ndef clean(load, least):\n    return load[load.amount > least]",
    "%%odibi_node total --write local:total.csv\nSELECT sum(amount) AS total FROM clean",
)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text("id,amount\n1,5\n2,1\n3,2\n")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(notebook, "n.ipynb")

    def run(*words: str) -> tuple[int, str, str]:
        status = main(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def outcome(shell: Shell, *words: str) -> dict[str, Any]:
    status, out, err = shell("run", "n.ipynb", "--json", *words)
    assert status == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


def test_a_notebook_that_runs_again_computes_and_writes_nothing(shell: Shell) -> None:
    first, second = outcome(shell), outcome(shell)
    assert (first["completed"], first["cached"], first["written"]) == (["load", "clean", "total"], [], ["total"])
    assert (second["completed"], second["cached"], second["written"]) == ([], ["load", "clean", "total"], [])
    assert {name: node["rows"] for name, node in second["nodes"].items()} == {"load": 3, "clean": 2, "total": 1}
    assert second["nodes"]["clean"]["schema"] == first["nodes"]["clean"]["schema"]
    assert outcome(shell, "--force")["completed"] == ["load", "clean", "total"]


def test_a_plan_in_a_shell_knows_of_the_last_run(shell: Shell) -> None:
    outcome(shell)
    Path("total.csv").unlink()
    status, out, _ = shell("plan", "n.ipynb", "--json")
    nodes = json.loads(out)["nodes"]
    assert status == 0
    assert {node["action"] for node in nodes.values()} == {"cached"}
    assert (nodes["total"]["write"], nodes["total"]["write_reason"]) == ("write", "the file is missing")
    assert outcome(shell)["written"] == ["total"]


def test_an_empty_store_says_where_it_would_be(shell: Shell) -> None:
    status, out, _ = shell("store", "n.ipynb")
    assert status == 0
    assert out.startswith("0 results, 0 B of at most 10 GB · ")
    assert not Path(".odibi").exists()


def test_what_is_kept_is_listed(shell: Shell) -> None:
    outcome(shell)
    status, out, _ = shell("store", "n.ipynb")
    assert status == 0
    assert "3 results" in out
    assert {line.split()[0] for line in out.splitlines()[3:]} == {"load", "clean", "total"}
    told = json.loads(shell("store", "n.ipynb", "--json")[1])
    assert told["limit_bytes"] == 10_000_000_000
    assert {one["name"]: one["rows"] for one in told["results"]} == {"load": "3", "clean": "2", "total": "1"}
    assert told["size_bytes"] > 0


def test_pruning_keeps_the_last_result_of_each_node(shell: Shell) -> None:
    outcome(shell)
    outcome(shell, "--param", "least=4")
    assert "5 results" in shell("store", "n.ipynb")[1]
    status, out, _ = shell("store", "n.ipynb", "prune")
    assert status == 0
    assert out.startswith("removed 2 results: ")
    assert outcome(shell, "--param", "least=4")["cached"] == ["load", "clean", "total"]
    assert outcome(shell)["completed"] == ["clean", "total"]


def test_pruning_keeps_what_was_used_last(shell: Shell) -> None:
    outcome(shell)
    outcome(shell, "--param", "least=4")
    assert outcome(shell)["cached"] == ["load", "clean", "total"]
    shell("store", "n.ipynb", "prune")
    assert outcome(shell)["cached"] == ["load", "clean", "total"]


def test_pruning_all_leaves_nothing_but_what_was_written(shell: Shell) -> None:
    outcome(shell)
    assert "0 results, 0 B" in shell("store", "n.ipynb", "prune", "--all")[1]
    assert outcome(shell)["completed"] == ["load", "clean", "total"]


def test_a_check_removes_what_is_damaged(shell: Shell) -> None:
    outcome(shell)
    largest = max(Path(".odibi/store/rows").rglob("*.parquet"), key=os.path.getsize)
    largest.write_bytes(largest.read_bytes()[:-1] + b"x")
    assert "1 damaged one" in shell("store", "n.ipynb", "prune", "--check")[1]
    assert "damaged" not in shell("store", "n.ipynb", "prune", "--check")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("prun",), "did you mean 'prune'?"), (("--all",), "store prune --all"), (("show",), "store prune")],
)
def test_a_wrong_call_is_refused(shell: Shell, words: tuple[str, ...], said: str) -> None:
    status, _, err = shell("store", "n.ipynb", *words)
    assert status == 2
    assert said in err


def test_a_project_that_keeps_nothing_has_an_empty_store(shell: Shell) -> None:
    notebook = nbformat.read("n.ipynb", as_version=4)
    notebook.cells[0].source += "\nsettings: {store: false}"
    nbformat.write(notebook, "n.ipynb")
    outcome(shell)
    assert outcome(shell)["completed"] == ["load", "clean", "total"]
    assert not Path(".odibi/store").exists()


def test_a_target_left_out_is_asked_for(shell: Shell) -> None:
    status, _, err = shell("store")
    assert (status, "TARGET is missing" in err, "odibi-nb store TARGET [prune]" in err) == (2, True, True)
    status, _, err = shell("store", "prune")
    assert (status, "TARGET is missing" in err, "odibi-nb store sales.ipynb prune" in err) == (2, True, True)


def test_what_to_do_may_stand_before_the_target(shell: Shell) -> None:
    assert shell("store", "prune", "n.ipynb")[:2] == shell("store", "n.ipynb", "prune")[:2]
    Path("odibi.yaml").write_text("pipeline: p\nnodes:\n- {name: a, transform: {steps: [SELECT 1 AS x]}}\n")
    assert shell("store", "prune")[0] == 0

"""`story` and `diff --run` in a shell; in cells they are in `tests/notebook/test_story_cells.py`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from odibi_nb.commands.shell import main

YAML = """\
project: shop
connections: {local: {type: local, base_path: .}}
pipelines:
- pipeline: daily
  nodes:
  - {name: load, read: {connection: local, path: sales.csv}}
  - {name: total, transform: {steps: [{sql: "SELECT sum(CAST(amount AS INTEGER)) AS t FROM load"}]}}
"""

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """`odibi-nb` in a folder with a project; gives exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    Path("odibi.yaml").write_text(YAML)
    Path("sales.csv").write_text("id,amount\n1,5\n2,x\n")

    def run(*words: str) -> tuple[int, str, str]:
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_runs_are_listed_shown_and_compared(shell: Shell) -> None:
    assert shell("story", ".")[1] == "no run yet\n"
    status, out, _ = shell("run", ".")
    page = Path(out.splitlines()[-1].removeprefix("story: "))
    assert (status, page.parent, page.is_file()) == (1, Path(".odibi/stories"), True)
    Path("sales.csv").write_text("id,amount,extra\n1,5,a\n2,6,b\n3,7,c\n")
    assert shell("run", ".", "--workers", "2")[0] == 0
    runs, file = json.loads(shell("story", ".", "list", "--json")[1])["runs"], str(Path("odibi.yaml").absolute())
    assert [(run["status"], run["failed"], run["door"], run["target"]) for run in runs] == [
        ("completed", [], "shell", file), ("failed", ["total"], "shell", file),
    ]  # fmt: skip
    listed = shell("story", ".")[1].splitlines()
    assert [line.split()[0] for line in listed[2:]] == [run["id"][:8] for run in runs]
    _, shown, _ = shell("story", ".", "show", "previous")
    assert shell("story", "show", "previous", "odibi.yaml")[1] == shown
    assert shown.startswith("daily · ✗ failed · 2 nodes: 1 completed, 1 failed · ")
    assert "Could not convert string 'x' to INT32" in shown
    assert shown.splitlines()[-1] == f"story: {page.absolute()}"
    whole = json.loads(shell("story", ".", "show", runs[1]["id"][:6], "--json")[1])
    assert (whole["version"], whole["run"]["id"]) == (1, runs[1]["id"])
    changed = json.loads(shell("story", ".", "diff", "previous", "latest", "--json")[1])
    assert ["workers", "1", "2"] in changed["facts"]
    load, total = changed["nodes"]
    assert (load["name"], load["facts"][0]) == ("load", ["rows", "2", "3"])
    assert [column["name"] for column in load["columns"]["columns_added"]] == ["extra"]
    assert total["facts"][0] == ["status", "failed", "completed"]
    told = shell("story", ".", "diff", "previous", "latest")[1]
    assert "\nload: rows 2 → 3; " in told
    assert "columns: + extra VARCHAR" in told


def test_a_node_is_compared_with_a_run_whose_rows_are_gone(shell: Shell) -> None:
    shell("run", ".")
    shell("run", ".")  # here it is there already
    Path("sales.csv").write_text("id,amount\n1,5\n")
    status, out, _ = shell("diff", ".", "load", "--run", "latest", "--exit-code")
    assert status == 1
    assert out.splitlines()[1:] == [
        "columns: amount VARCHAR → BIGINT", "rows: 2 → 1", "a run tells of columns and counts, not of rows",
    ]  # fmt: skip
    assert shell("diff", ".", "total", "--run", "latest")[2].startswith("error: run ")
    shell("run", ".")
    same = json.loads(shell("diff", ".", "load", "--run", "latest", "--json")[1])
    assert (same["same"], same["rows"]) == (None, {"before": 1, "now": 1})
    assert "--key is about rows" in shell("diff", ".", "load", "--run", "latest", "--key", "id")[2]


def test_plans_tell_how_long_nodes_will_take(shell: Shell) -> None:
    assert {one["expected_s"] for one in json.loads(shell("plan", ".", "--json")[1])["nodes"].values()} == {None}
    shell("run", ".")
    planned = json.loads(shell("plan", ".", "--force", "--json")[1])["nodes"]
    assert planned["load"]["expected_s"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shw",), "story can't 'shw'\n  hint: did you mean 'show'?"),
        (("show", "zzz"), "there is no run 'zzz'\n  hint: latest, previous, "),
        (("show", "lates"), "there is no run 'lates'\n  hint: did you mean 'latest'?"),
        (("diff", "latest"), "story diff takes two runs\n  hint: story diff previous latest"),
        (("diff", "previous", "latest"), "there is no previous run yet"),
        (("show", "latest", "previous"), "story show takes one run"),
        (("list", "latest"), "story list takes no 'latest'\n  hint: story show latest"),
        (("list", "--open"), "--open is for showing a story"),
    ],
)
def test_what_cannot_be_shown_is_refused(shell: Shell, words: tuple[str, ...], said: str) -> None:
    shell("run", ".")
    status, out, err = shell("story", ".", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {said}")


def test_a_run_whose_story_is_gone_is_shown_as_the_history_has_it(shell: Shell) -> None:
    shell("run", ".")
    for path in Path(".odibi/stories").iterdir():
        path.unlink()
    _, out, _ = shell("story", ".", "show")
    assert "ConversionException: Could not convert string '…' to INT32" in out
    assert "this is what the run history knows" in out.splitlines()[-1]
    assert shell("story", ".", "show", "--open")[0] == 2


def test_in_a_projects_folder_the_target_may_be_left_out(shell: Shell) -> None:
    assert "there is no latest run yet" in shell("story", "show", "latest")[2]


def test_the_page_is_opened_in_a_browser(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    shell("run", ".")
    assert shell("story", ".", "show", "--open")[0] == 0
    (url,) = opened
    assert url.startswith("file:///")
    assert url.endswith(".html")

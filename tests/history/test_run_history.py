from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from odibi_nb.exceptions import UnknownNameError
from odibi_nb.history import NodeRecord, RunHistory, RunRecord, commit_of, find_run, revision_of

A = (("id", "BIGINT"), ("name", "VARCHAR"))


def record(run_id: str, *nodes: NodeRecord, owner: str = "sales", kind: Literal["run", "cell"] = "run") -> RunRecord:
    return RunRecord(run_id, owner, owner, kind, "shell", 1_700_000_000.0, "completed", 1.5, nodes=nodes)


@pytest.fixture
def history(tmp_path: Path) -> RunHistory:
    return RunHistory(tmp_path / ".odibi")


def test_a_run_comes_back_as_it_was_written_down(history: RunHistory) -> None:
    node = NodeRecord("load", "failed", "run", "forced", 3, 5, 0.25, A, "written", "ValueError: x", "f" * 8, "c" * 6)
    run = RunRecord(
        *("a1" * 8, "sales", "Sales", "run", "cell", 1_700_000_000.0, "failed", 2.0, "sales.ipynb", ("+load",), ("x",)),
        parameters={"day": "2024-01-01"},
        workers=2,
        versions={"duckdb": "2.0"},
        commit="abc",
        process=7,
    ).ended((node, NodeRecord("next", "skipped", "skip", "upstream load failed")), ("other",))
    history.end(run)
    assert history.get(run.id) == run
    assert history.get("nobody") is None
    (listed,) = history.runs(owner="sales")
    assert (listed.nodes, listed.id, listed.failed) == ((), run.id, ("load",))
    assert listed.statuses == {"failed": 1, "skipped": 1, "cached": 1}


def test_timings_and_columns_come_from_earlier_runs_of_the_same_owner(history: RunHistory) -> None:
    for number, seconds in enumerate((1.0, 2.0, 3.0)):
        history.end(record(f"r{number}", NodeRecord("load", "completed", duration_s=seconds, columns=A[: number + 1])))
    history.end(record("other", NodeRecord("load", "completed", duration_s=9.0, columns=A), owner="other"))
    history.end(record("cell", NodeRecord("load", "completed", duration_s=0.1, columns=A[1:]), kind="cell"))
    history.end(record("bad", NodeRecord("load", "failed", duration_s=0.2)))
    history.end(record("idle", NodeRecord("load", "completed", "cached", duration_s=0.0)))
    assert history.timings("sales") == {"load": [3.0, 2.0, 1.0]}
    assert history.timings("sales", before="r2") == {"load": [2.0, 1.0]}
    assert history.durations("sales", ["load", "new"]) == {"load": 3.0}
    assert history.columns_before("sales", "r2") == {"load": A}
    assert history.columns_before("sales", "r1") == {"load": A[:1]}
    assert history.columns_before("sales", "bad") == {"load": A[1:]}


def test_records_of_cells_do_not_grow_without_end(history: RunHistory) -> None:
    for number in range(510):
        history.end(record(f"c{number}", NodeRecord("load", "completed", columns=A), kind="cell"))
    history.end(record("other", kind="cell", owner="other"))
    history.begin(record("run"))
    cells = history.runs(kind="cell", most=1_000)
    assert len(cells) == 501
    assert {"c10", "c509", "other"} <= {run.id for run in cells}
    assert history.get("c9") is None


def test_a_run_is_found_by_what_people_call_it(history: RunHistory) -> None:
    with pytest.raises(UnknownNameError, match="there is no latest run yet"):
        find_run(history, "latest")
    for run_id in ("abc111", "abc222", "def333"):
        history.end(record(run_id))
    history.end(record("zzz999", owner="other"))
    assert [find_run(history, word, "sales").id for word in ("latest", "previous", "DEF", "zzz")] == [
        *("def333", "abc222", "def333", "zzz999")
    ]
    with pytest.raises(UnknownNameError, match="several runs") as several:
        find_run(history, "abc", "sales")
    assert several.value.hint == "say more: abc222, abc111"
    with pytest.raises(UnknownNameError, match="there is no run 'abc112'") as unknown:
        find_run(history, "abc112", "sales")
    assert "did you mean" in str(unknown.value.hint)


@pytest.mark.parametrize("content", [b"no database at all, " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside_with_a_note(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / ".odibi"
    folder.mkdir()
    (folder / "history.sqlite").write_bytes(content)
    history = RunHistory(folder)
    history.end(record("r1"))
    assert history.ids() == ["r1"]
    assert "set aside as history-" in history.news()
    assert history.news() == ""
    assert [path.read_bytes() for path in folder.glob("history-*.sqlite")] == [content]


def test_a_newer_file_is_set_aside_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "history.sqlite") as newer:
        newer.execute("PRAGMA user_version = 99")
    history = RunHistory(tmp_path)
    history.end(record("r1"))
    assert "a newer odibi_nb has written it" in history.note
    assert history.ids() == ["r1"]


def test_a_folder_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / ".odibi").write_text("a file where the folder should be")
    history = RunHistory(tmp_path / ".odibi")
    history.end(record("r1"))
    assert "can't be used" in history.note
    assert history.runs() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_a_note(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    history = RunHistory(tmp_path / ".odibi")
    history.end(record("r1"))
    assert "permission denied" in history.note


WRITING = """
import sys
from odibi_nb.history import NodeRecord, RunHistory, RunRecord
history = RunHistory(__import__("pathlib").Path(sys.argv[1]))
for number in range(40):
    nodes = (NodeRecord("load", "completed", columns=(("a", "BIGINT"),)),)
    history.begin(run := RunRecord(f"{sys.argv[2]}-{number}", "sales", "sales", "run", "shell", 1.0))
    history.end(RunRecord(run.id, "sales", "sales", "run", "shell", 1.0, "completed", nodes=nodes))
assert not history.note, history.note
"""


def test_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITING, str(tmp_path)]
    working = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    assert [process.wait() for process in working] == [0, 0]
    runs = RunHistory(tmp_path).runs(most=1_000)
    assert len(runs) == 80
    assert {run.status for run in runs} == {"completed"}


def test_a_run_whose_process_was_killed_is_cancelled(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    history = RunHistory(tmp_path)
    for run_id, process in (("killed", gone.pid), ("going", os.getpid())):
        history.begin(RunRecord(run_id, "sales", "sales", "run", "shell", 1.0, process=process))
    assert [(run.id, run.status) for run in history.runs()] == [("going", "running"), ("killed", "cancelled")]


def test_the_commit_is_what_git_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odibi_nb.history.revision._PATIENCE_S", 120.0)
    assert revision_of(tmp_path) == (None, None)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@x"]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert commit_of(tmp_path) is None
    (tmp_path / "a.txt").write_text("1")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / "deep").mkdir()
    assert commit_of(tmp_path / "deep") == head
    assert revision_of(tmp_path) == (head, False)
    subprocess.run([*git, "pack-refs", "--all"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", str(tmp_path / "beside")], check=True)
    (tmp_path / "a.txt").write_text("2")
    assert revision_of(tmp_path) == (head, True)
    assert revision_of(tmp_path / "beside") == (head, False)

"""Where queries spill, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pipeline.project import sql

from odibi_nb.engine import create_engine, own_folder, spill
from odibi_nb.engine.base import Query
from odibi_nb.engine.machine import usable_cpus, usable_memory_bytes
from odibi_nb.engine.session import Session
from odibi_nb.exceptions import EngineError
from odibi_nb.sql import analyze

LARGE = "SELECT i, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range(2000000) t(i)"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    own_folder.remove_leftovers.cache_clear()
    return folder


def settings_of(session: Session) -> dict[str, str]:
    return dict(session.call(lambda cursor: cursor.run("SELECT name, value FROM duckdb_settings()")))


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("duckdb_temp*") if file.is_file()]


def test_duckdb_gets_part_of_the_memory_and_the_processors_it_may_use() -> None:
    found = settings_of(session := Session())
    session.close()
    memory = usable_memory_bytes() or 0
    assert found["memory_limit"] == duckdb_size(int(memory * 0.6))
    assert int(found["threads"]) == usable_cpus()


def duckdb_size(count: int) -> str:
    size, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{int(size * 10) / 10} {unit}"


def test_settings_of_the_project_overrule_what_the_machine_says() -> None:
    found = settings_of(session := Session({"memory_limit": "300MiB", "threads": 1, "max_temp_directory_size": "1GiB"}))
    session.close()
    assert (found["memory_limit"], found["threads"], found["max_temp_directory_size"]) == ("300.0 MiB", "1", "1.0 GiB")


@pytest.mark.parametrize("limit", ["none", -1, "20TB", "2GB"])
def test_any_memory_limit_leaves_room_for_tables_even_none(limit) -> None:
    engine = create_engine("duckdb", {"memory_limit": limit})
    made = engine.query(Query("small", analyze("SELECT * FROM range(3)"), {}))
    assert made.count() == 3
    assert engine._room_for_tables > 100_000_000
    engine.close()


def test_a_chosen_temp_directory_starts_at_the_project_and_gets_a_folder_for_each_engine(tmp_path: Path) -> None:
    engines = [create_engine("duckdb", {"temp_directory": "large"}, root=tmp_path) for _ in range(2)]
    assert len(list((tmp_path / "large").iterdir())) == 2
    for engine in engines:
        engine.close()
    assert list((tmp_path / "large").iterdir()) == []


def test_rows_beyond_the_limit_are_on_disk_until_the_engine_is_closed(lazy_project, temporary: Path) -> None:
    engine = create_engine("duckdb", {"memory_limit": "60MB"}, root=lazy_project.path)
    results = lazy_project.pipeline(sql("large", LARGE), engine=engine).run()
    assert results.completed == ["large"]
    assert sum(file.stat().st_size for file in files(temporary)) > 50_000_000
    engine.close()
    assert list(temporary.iterdir()) == []


def test_a_session_that_is_only_let_go_of_leaves_nothing_behind(temporary: Path) -> None:
    session = Session()
    session.call(lambda cursor: cursor.run("SELECT 1"))
    assert len(list(temporary.iterdir())) == 1
    del session
    assert list(temporary.iterdir()) == []


def test_folders_of_killed_processes_are_removed_and_those_of_others_stay(temporary: Path) -> None:
    text = (
        "from odibi_nb.engine.session import Session; session = Session({'memory_limit': '60MB'});"
        f"session.call(lambda cursor: cursor.run('CREATE TABLE t AS ' + {LARGE!r}));"
        "print('ready', flush=True); input()"
    )
    command = [sys.executable, "-c", text]
    env = {**os.environ, "TMPDIR": str(temporary)}
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)
    ]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    before = set(temporary.iterdir())
    both[0].send_signal(signal.SIGKILL)
    both[0].wait()
    session = Session()
    session.call(lambda cursor: cursor.run("SELECT 1"))
    left = before & set(temporary.iterdir())
    assert (len(before), len(left)) == (2, 1)
    assert files(left.pop())
    both[1].communicate("\n", timeout=120)
    session.close()
    assert list(temporary.iterdir()) == []


def test_a_fork_that_ends_leaves_the_folder_of_its_parent(temporary: Path) -> None:
    text = (
        "import os, sys, tempfile; from odibi_nb.engine.spill import SpillFolder; from pathlib import Path;"
        "mine = SpillFolder(Path(tempfile.gettempdir()))\n"
        "if os.fork() == 0: sys.exit()\n"
        "os.wait(); assert mine.path.parent.is_dir(); mine.remove(); assert not mine.path.parent.exists()"
    )
    subprocess.run([sys.executable, "-c", text], check=True, env={**os.environ, "TMPDIR": str(temporary)})


def test_the_notebooks_disk_is_taken_where_temporary_files_are_in_memory(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    assert spill.spill_place(root) == temporary
    monkeypatch.setattr(spill, "is_in_memory", lambda folder: folder == temporary)
    assert spill.spill_place(root) == root / ".odibi" / "spill"
    assert spill.spill_place(None) == temporary
    monkeypatch.setattr(spill, "is_in_memory", lambda folder: False)
    monkeypatch.setattr(spill, "free_bytes", lambda folder: 10**9 if folder == temporary else 10**12)
    assert spill.spill_place(root) == root / ".odibi" / "spill"
    monkeypatch.setattr(spill, "free_bytes", lambda folder: 10**9)
    assert spill.spill_place(root) == temporary


@pytest.mark.parametrize(
    ("settings", "query", "message", "hint"),
    [
        ({"memory_limit": "30MB", "temp_directory": ""}, LARGE, "more memory than", "temp_directory: ''"),
        ({"memory_limit": "60MB", "max_temp_directory_size": "40MB"}, LARGE, "more than 38.1 MiB on disk", "a disk"),
        (
            {"memory_limit": "60MB", "threads": 1},
            "SELECT string_agg(repeat('x', 500), '') AS s FROM range(500000)",
            "more memory than 57.2 MiB",
            "raise memory_limit",
        ),
    ],
)
def test_a_query_that_has_not_enough_room_says_what_to_do(lazy_project, settings, query, message, hint) -> None:
    engine = create_engine("duckdb", settings)
    results = lazy_project.pipeline(sql("load", query), engine=engine).run()
    error = results.get_node_result("load").error
    assert isinstance(error, EngineError)
    assert message in error.message
    assert "\n" not in error.message
    assert hint in (error.hint or "")
    engine.close()


def test_a_full_disk_is_named(lazy_project) -> None:
    from odibi_nb.engine.limits import out_of_room

    said = 'IO Error: Could not write file "/small/y/duckdb_temp_6184_0_storage_DEFAULT-0.tmp": No space left on device'
    error = out_of_room(OSError(said))
    assert error is not None
    assert "no room is left on the disk of /small/y/" in error.message
    assert out_of_room(OSError('Could not write file "/small/result.parquet": No space left on device')) is None
    spilled = 'Could not write file "/small/odibi_nb_1_rows/7.parquet": No space left on device'
    assert "temp_directory" in out_of_room(OSError(spilled)).hint


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="file") as caught:
        Session({"temp_directory": str(tmp_path / "file")})
    assert "temp_directory" in (caught.value.hint or "")


def test_rows_are_not_blamed_for_a_lack_of_room(lazy_project) -> None:
    engine = create_engine("duckdb", {"memory_limit": "60MB", "max_temp_directory_size": "20MB"})
    nodes = (sql("load", LARGE), sql("all_sorted", "SELECT * FROM load ORDER BY a, b"))
    error = lazy_project.pipeline(*nodes, engine=engine).run().get_node_result("all_sorted").error
    assert isinstance(error, EngineError)
    assert not engine.is_about_rows(error)  # or everything above it would be computed to find the row at fault
    engine.close()

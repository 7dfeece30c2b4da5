"""The store's folder: whole or not at all, checked before it is served, bounded, shared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from odibi_nb.store import ResultStore
from odibi_nb.store.records import read_record, write_record


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / ".odibi", limit_bytes=1_000_000)


def save(store: ResultStore, key: str, content: bytes | None, *, used: float | None = None) -> None:
    write = None if content is None else lambda path: path.write_bytes(content) and None
    store.save(key, {"name": key}, write)
    if used is not None:
        os.utime(store.folder / "results" / f"{key}.json", (used, used))


def rows_of(store: ResultStore, key: str) -> bytes | None:
    entry = store.find(key)
    held = store.hold(entry) if entry is not None else None
    return held.path.read_bytes() if held is not None else None


def object_file(store: ResultStore, key: str) -> Path:
    entry = store.find(key)
    assert entry is not None
    assert entry.rows is not None
    return store.folder / "rows" / entry.rows.digest[:2] / f"{entry.rows.digest}.parquet"


def test_what_is_saved_is_found(store: ResultStore) -> None:
    assert store.find("a") is None
    save(store, "a", b"rows")
    assert rows_of(store, "a") == b"rows"
    assert store.find("a").record == {"name": "a"}  # type: ignore[union-attr]


def test_nothing_is_made_before_something_is_saved(store: ResultStore) -> None:
    store.find("a"), store.entries(), store.make_room(), store.prune(lambda entry: True)
    assert not store.folder.parent.exists()


def test_its_folder_is_kept_out_of_git(store: ResultStore) -> None:
    save(store, "a", b"rows")
    assert (store.folder.parent / ".gitignore").read_text() == "*\n"


def test_equal_rows_are_kept_once(store: ResultStore) -> None:
    save(store, "a", b"rows")
    save(store, "b", b"rows")
    assert len(list((store.folder / "rows").rglob("*.parquet"))) == 1
    store.prune(lambda entry: entry.key == "a")
    assert rows_of(store, "b") == b"rows"


def test_a_result_without_rows_of_its_own_is_found_too(store: ResultStore) -> None:
    save(store, "view", None)
    entry = store.find("view")
    assert entry is not None
    assert entry.rows is None
    assert entry.size_bytes == 0


@pytest.mark.parametrize("damage", [b"rowz", b"row", b"rows!", b""])
def test_damaged_rows_are_never_served(store: ResultStore, damage: bytes) -> None:
    save(store, "a", b"rows")
    object_file(store, "a").write_bytes(damage)
    assert rows_of(store, "a") is None
    assert store.find("a") is None
    save(store, "a", b"rows")
    assert rows_of(store, "a") == b"rows"


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_record_that_is_not_whole_is_none(store: ResultStore, cut: int) -> None:
    save(store, "a", b"rows")
    file = store.folder / "results" / "a.json"
    file.write_bytes(file.read_bytes()[:cut])
    assert store.find("a") is None
    assert store.entries() == []


def test_a_record_with_another_byte_is_none(tmp_path: Path) -> None:
    write_record(tmp_path / "a.json", {"rows": 12})
    assert read_record(tmp_path / "a.json") == {"rows": 12}
    changed = (tmp_path / "a.json").read_bytes().replace(b"12", b"13")
    (tmp_path / "a.json").write_bytes(changed)
    assert read_record(tmp_path / "a.json") is None


def test_a_record_under_another_name_is_none(store: ResultStore) -> None:
    save(store, "a", b"rows")
    save(store, "b", b"other")
    store.note_written("target", {"at": 1})
    results, written = store.folder / "results", store.folder / "written"
    shutil.copy(results / "a.json", results / "b.json")
    shutil.copy(results / "a.json", next(written.iterdir()))
    assert rows_of(store, "b") is None
    assert store.written("target") is None
    assert rows_of(store, "a") == b"rows"


def test_a_record_of_another_version_is_none(store: ResultStore) -> None:
    save(store, "a", b"rows")
    file = store.folder / "results" / "a.json"
    record = read_record(file)
    assert record is not None
    write_record(file, {**record, "version": 0})
    assert store.find("a") is None


def test_a_write_that_fails_leaves_nothing(store: ResultStore) -> None:
    save(store, "a", b"old")

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        store.save("a", {"name": "a"}, fail)
    assert rows_of(store, "a") == b"old"
    assert [path.name for path in (store.folder / "rows").glob("*.part")] == []


def test_what_was_of_no_use_for_longest_makes_room(store: ResultStore) -> None:
    for number, key in enumerate("abcde"):
        save(store, key, bytes([number]) * 240_000, used=1000.0 + number)
    assert store.find("a") is not None  # which is a use
    store.make_room()
    assert {entry.key for entry in store.entries()} == {"a", "d", "e"}
    assert store.size_bytes() == 720_000


def test_room_is_made_only_beyond_the_limit(store: ResultStore) -> None:
    for number, key in enumerate("abcd"):
        save(store, key, bytes([number]) * 240_000)
    store.make_room()
    assert len(store.entries()) == 4


def test_rows_in_use_stay(store: ResultStore) -> None:
    save(store, "a", b"rows")
    entry = store.find("a")
    assert entry is not None
    held = store.hold(entry)
    assert store.prune(lambda entry: True) == []
    assert rows_of(store, "a") == b"rows"
    del held
    assert [gone.key for gone in store.prune(lambda entry: True)] == ["a"]
    assert list((store.folder / "rows").rglob("*.parquet")) == []


def test_rows_that_another_process_uses_stay(store: ResultStore) -> None:
    save(store, "a", b"rows")
    code = (
        "import sys, pathlib; from odibi_nb.store import ResultStore; "
        f"store = ResultStore(pathlib.Path({str(store.folder.parent)!r})); held = store.hold(store.find('a')); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert store.prune(lambda entry: True) == []
        other.kill()
    assert len(store.prune(lambda entry: True)) == 1


def test_what_a_dead_process_has_left_goes_and_what_a_living_one_writes_stays(store: ResultStore) -> None:
    save(store, "a", b"rows")
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    left, written = (store.folder / "rows" / f"new.{pid}.x.part" for pid in (ended.pid, os.getpid()))
    left.touch(), written.touch()
    store.prune(lambda entry: False)
    assert not left.exists()
    assert written.exists()


def test_rows_without_a_record_go_once_nobody_can_be_about_to_write_it(store: ResultStore) -> None:
    save(store, "a", b"rows")
    save(store, "b", b"other")
    orphan = object_file(store, "a")
    (store.folder / "results" / "a.json").unlink()
    store.prune(lambda entry: False)
    assert orphan.exists()
    long_ago = time.time() - 7200
    os.utime(orphan, (long_ago, long_ago))
    store.prune(lambda entry: False)
    assert not orphan.exists()
    assert rows_of(store, "b") == b"other"


def test_the_last_result_of_a_node_is_known_by_its_owner(store: ResultStore) -> None:
    save(store, "k1", b"1")
    save(store, "k2", b"2")
    store.note_last("sales", "clean", "k1")
    store.note_last("other", "clean", "k2")
    assert store.last("sales", "clean").key == "k1"  # type: ignore[union-attr]
    assert store.last("sales", "load") is None
    assert store.last_keys() == {"k1", "k2"}
    store.prune(lambda entry: entry.key == "k1")
    assert store.last("sales", "clean") is None
    assert store.last_keys() == {"k2"}


def test_damaged_results_are_found_by_reading_all(store: ResultStore) -> None:
    save(store, "a", b"rows")
    save(store, "b", b"other")
    object_file(store, "b").write_bytes(b"0ther")
    assert [entry.key for entry in store.damaged()] == ["b"]
    assert store.damaged() == []
    assert [entry.key for entry in store.prune(lambda entry: False)] == ["b"]
    assert rows_of(store, "a") == b"rows"


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / ".odibi").write_text("a file")
    with pytest.raises(OSError, match="odibi"):
        save(ResultStore(tmp_path / ".odibi"), "a", b"rows")

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from odibi_nb.connections import LocalConnection, connect
from odibi_nb.exceptions import ConnectionError, SourceNotFoundError  # noqa: A004


@pytest.fixture
def local(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    return LocalConnection(base)


def put(connection, *names):
    for name in names:
        path = connection.base_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def names(connection, path, **options):
    base = str(connection.base_path.resolve())
    return [os.path.relpath(stamp.uri, base) for stamp in connection.files(path, **options)]


def listing(connection):
    return sorted(path.name for path in connection.base_path.iterdir())


@pytest.mark.parametrize("path", ["../x.csv", "a/../../x.csv", "/etc/passwd", "link/x.csv", "", "a\0b", "../*.csv"])
def test_no_path_leaves_the_base(local, path):
    (local.base_path / "link").symlink_to("/etc")
    for use in (local.get_path, local.files, local.exists, local.open, lambda p: local.replacing(p).__enter__()):
        with pytest.raises(ConnectionError):
            use(path)


def test_a_pattern_doesnt_follow_a_link_out_of_the_base(local, tmp_path):
    (tmp_path / "secret.csv").write_text("x")
    (local.base_path / "in.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ConnectionError, match="outside"):
        local.files("*.csv")


@pytest.mark.parametrize("path", ["a.csv", "sub/../a.csv", "./a.csv"])
def test_paths_within_the_base_are_one_uri(local, path):
    assert local.get_path(path) == str(local.base_path.resolve() / "a.csv")


def test_a_relative_base_starts_at_the_root_given(tmp_path, monkeypatch):
    by_root, by_cwd = LocalConnection("data", root=tmp_path), None
    monkeypatch.chdir(tmp_path)
    by_cwd = LocalConnection("data")
    monkeypatch.chdir("/")
    assert by_root.get_path("x") == by_cwd.get_path("x") == str(tmp_path / "data" / "x")


def test_one_file_a_pattern_or_a_folder_are_found_in_order(local):
    put(local, "b.csv", "a.csv", "d/c.csv", "d/e/f.csv", "d/n.txt", "d/g.csv.gz")
    assert names(local, "a.csv") == ["a.csv"]
    assert names(local, "*.csv") == ["a.csv", "b.csv"]
    assert names(local, "[b-z].csv") == ["b.csv"]
    assert names(local, "**/*.csv") == ["a.csv", "b.csv", "d/c.csv", "d/e/f.csv"]
    assert names(local, "d", extensions=(".csv",)) == ["d/c.csv", "d/e/f.csv", "d/g.csv.gz"]


def test_hidden_and_unfinished_files_are_never_found(local):
    put(
        local, "a.csv", ".a.csv.1f.odibi-tmp", ".hidden.csv", "_SUCCESS", ".ipynb_checkpoints/a.csv", "_delta_log/x.csv"
    )
    assert names(local, ".") == names(local, "*.csv") == ["a.csv"]
    with pytest.raises(SourceNotFoundError):
        local.files(".a.csv.*")


def test_the_entries_of_a_folder_are_listed_folders_with_a_slash(local):
    put(local, "b.csv", "a.csv", "sub/deep.csv", ".hidden/x.csv", ".hidden.csv")
    assert local.entries() == ("a.csv", "b.csv", "sub/")
    assert local.entries("sub") == ("deep.csv",)
    assert local.entries("a.csv") == local.entries("nope") == ()


def test_no_entries_are_listed_outside_of_the_base(local):
    with pytest.raises(ConnectionError, match="lies outside"):
        local.entries("..")


def test_a_file_whose_name_looks_like_a_pattern_is_itself(local):
    put(local, "a[1].csv", "a1.csv")
    assert names(local, "a[1].csv") == ["a[1].csv"]


def test_a_base_whose_name_looks_like_a_pattern_is_itself(tmp_path):
    odd = LocalConnection(tmp_path / "x[1]")
    put(odd, "a.csv")
    assert names(odd, "*.csv") == ["a.csv"]


def test_a_missing_file_suggests_the_nearest(local):
    put(local, "sales.csv")
    with pytest.raises(SourceNotFoundError, match=r"did you mean 'sales\.csv'"):
        local.files("sale.csv")
    with pytest.raises(FileNotFoundError, match=r"has sales\.csv"):
        local.files("*.parquet")
    with pytest.raises(SourceNotFoundError, match="no folder"):
        local.files("nowhere/x.csv")


def test_a_stamp_changes_with_its_file(local):
    put(local, "a.csv")
    (before,) = local.files("a.csv")
    (local.base_path / "a.csv").write_text("xyz")
    (after,) = local.files("a.csv")
    assert (before.size_bytes, after.size_bytes) == (1, 3)
    assert before.modified_ns <= after.modified_ns


def test_a_finished_write_takes_the_targets_place_and_mode(local):
    put(local, "a.csv")
    (local.base_path / "a.csv").chmod(0o640)
    with local.replacing("a.csv") as uri, local.open(uri, "wb") as file:
        file.write(b"new")
    assert (local.base_path / "a.csv").read_text() == "new"
    assert (local.base_path / "a.csv").stat().st_mode & 0o777 == 0o640
    assert listing(local) == ["a.csv"]


def test_parent_folders_are_made(local):
    with local.replacing("x/y/a.csv") as uri:
        Path(uri).write_text("new")
    assert names(local, "x") == ["x/y/a.csv"]


def test_a_link_to_a_file_stays_a_link(local):
    put(local, "real.csv")
    (local.base_path / "link.csv").symlink_to("real.csv")
    with local.replacing("link.csv") as uri:
        Path(uri).write_text("new")
    assert (local.base_path / "link.csv").is_symlink()
    assert (local.base_path / "real.csv").read_text() == "new"


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(local, failure):
    put(local, "a.csv")
    with pytest.raises(failure), local.replacing("a.csv") as uri:
        write_half(uri, failure)
    assert (local.base_path / "a.csv").read_text() == "x"
    assert listing(local) == ["a.csv"]


def test_a_full_disk_is_an_error_that_leaves_the_old_file(local):
    put(local, "a.csv")
    with pytest.raises(ConnectionError, match="free some space"), local.replacing("a.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert (local.base_path / "a.csv").read_text() == "x"


def test_a_file_size_limit_met_by_a_copy_leaves_the_old_file(local):
    put(local, "a.csv")
    code = """
        import resource, signal, sys, duckdb
        from odibi_nb.connections import LocalConnection
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        local = LocalConnection(sys.argv[1])
        with local.replacing("a.csv") as uri:
            try:
                duckdb.execute(f"COPY (SELECT * FROM range(10_000_000)) TO '{uri}' (FORMAT csv)")
            except duckdb.Error as exc:
                raise local.write_error("a.csv", exc) from exc
    """
    done = run(code, local.base_path)
    assert done.returncode == 1
    assert "ConnectionError: 'a.csv' can't be written" in done.stderr
    assert (local.base_path / "a.csv").read_text() == "x"
    assert listing(local) == ["a.csv"]


def test_a_writer_killed_in_a_copy_leaves_the_old_file_and_no_file_to_read(local):
    put(local, "a.csv")
    code = """
        import sys, duckdb
        from odibi_nb.connections import LocalConnection
        from odibi_nb.formats import get_format
        copy = get_format("csv").copy_sql("a.csv", {})
        with LocalConnection(sys.argv[1]).replacing("a.csv") as uri:
            duckdb.execute(f"COPY (SELECT * FROM range(100_000_000_000)) TO '{uri}' ({copy})")
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(local.base_path)])
    try:
        await_bytes(local.base_path)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert (local.base_path / "a.csv").read_text() == "x"
    assert names(local, ".") == names(local, "*") == ["a.csv"]


def write_half(uri, failure):
    Path(uri).write_text("half")
    raise failure


def await_bytes(folder):
    deadline = time.monotonic() + 120
    while not any(path.stat().st_size > 100_000 for path in folder.glob(".*.odibi-tmp")):
        assert time.monotonic() < deadline, "the child wrote nothing"
        time.sleep(0.02)


def run(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", ["folder", "file/below.csv"])
def test_a_target_that_cant_be_a_file_is_an_error(local, target):
    put(local, "file")
    (local.base_path / "folder").mkdir()
    with pytest.raises(ConnectionError), local.replacing(target):
        pytest.fail("nothing must be written")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_protected_folder_or_file_is_an_error(local):
    put(local, "a.csv")
    (local.base_path / "a.csv").chmod(0o444)
    with pytest.raises(ConnectionError, match="write-protected"), local.replacing("a.csv"):
        pytest.fail("nothing must be written")
    local.base_path.chmod(0o555)
    with pytest.raises(ConnectionError, match="allow this user"), local.replacing("b.csv"):
        pytest.fail("nothing must be written")
    local.base_path.chmod(0o755)


def test_a_base_that_is_a_file_doesnt_validate(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(ConnectionError, match="not a folder"):
        connect("x", LocalConnection(tmp_path / "x"), tmp_path)


def test_what_killed_processes_left_of_files_is_removed_by_the_next_write(local):
    put(local, ".a.csv.0123.odibi-tmp", ".b.csv.4567.odibi-tmp", "old.csv")
    for name in (".a.csv.0123.odibi-tmp", "old.csv"):
        os.utime(local.base_path / name, (0, 0))
    with local.replacing("a.csv") as uri, local.open(uri, "wb") as file:
        file.write(b"new")
    assert sorted(file.name for file in local.base_path.iterdir()) == [".b.csv.4567.odibi-tmp", "a.csv", "old.csv"]

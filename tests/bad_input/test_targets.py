"""Writing where it can't be: one error, the old file as it was, nothing beside it."""

import os
import signal
import subprocess
import sys

import pytest

from .doors import killed_by_large_files, start, without_large_files, without_root_powers
from .projects import GOOD, copy, source, sql

BIG = "SELECT i AS id, md5(i::VARCHAR) AS text FROM range(10_000) AS t(i)"
LOAD = source("a.csv")


def untouched(target, outcome, *expected, files=("a.csv", "out.csv")):
    text = outcome.failure(1)
    for part in expected:
        assert part in text
    assert target.listing() == sorted(files)
    assert target.text() == "old"
    return text


def test_a_path_with_dots_leaves_its_connection_neither_to_read_nor_to_write(project, cells, engine):
    read = project([source("../a.csv")], engine=engine).run().failure(2)
    assert "'../a.csv' lies outside of" in read
    written = project([LOAD, copy("../out.csv")], engine=engine, files={"a.csv": GOOD})
    text = written.run().failure(2)
    assert "'../out.csv' lies outside of" in text
    assert "configure another connection" in text
    assert not (written.path.parent / "out.csv").exists()


def test_a_path_with_dots_is_found_before_anything_runs(cells):
    target = cells("%%odibi_node load --read local:../a.csv")
    assert target.validate().status == 2


def test_a_link_out_of_the_connection_is_no_way_to_write(project, engine, tmp_path):
    target = project([LOAD, copy("link/out.csv")], engine=engine, files={"a.csv": GOOD})
    outside = tmp_path / "outside"
    outside.mkdir()
    (target.data / "link").symlink_to(outside)
    assert "lies outside of" in target.run().failure(2)
    assert list(outside.iterdir()) == []


def test_a_folder_is_no_target(project, engine):
    target = project([LOAD, copy()], engine=engine, files={"a.csv": GOOD, "out.csv/part.csv": GOOD})
    text = target.run().failure(1)
    assert "is a folder" in text
    assert "give the name of a file in it" in text
    assert target.listing() == ["a.csv", "out.csv", "out.csv/part.csv"]


def test_a_file_is_no_folder(project, engine):
    target = project([LOAD, copy("sub/deep/out.csv")], engine=engine, files={"a.csv": GOOD, "sub": "old"})
    text = target.run().failure(1)
    assert f"'{target.data}/sub' is a file" in text
    assert "  hint: " in text
    assert target.text("sub") == "old"
    assert target.listing() == ["a.csv", "sub"]


def test_a_name_too_long_for_the_disk(project, engine):
    target = project([LOAD, copy("n" * 300 + ".csv")], engine=engine, files={"a.csv": GOOD})
    text = target.run().failure(1)
    assert "File name too long" in text
    assert target.listing() == ["a.csv"]


def test_a_folder_that_this_user_may_not_write_to(project, engine):
    target = project([LOAD, copy()], engine=engine, files={"a.csv": GOOD, "out.csv": "old"})
    target.data.chmod(0o555)
    untouched(target, target.run(before=without_root_powers), "Permission denied", "allow this user to write there")


def test_a_file_that_this_user_may_not_write_to(project, engine):
    target = project([LOAD, copy()], engine=engine, files={"a.csv": GOOD, "out.csv": "old"})
    (target.data / "out.csv").chmod(0o444)
    untouched(target, target.run(before=without_root_powers), "is write-protected", "  hint: ")


@pytest.mark.parametrize("extension", ["csv", "parquet", "json"])
def test_a_quota(project, engine, extension):
    name = f"out.{extension}"
    target = project([sql(BIG, name)], engine=engine, files={name: "old"})
    text = target.run(before=without_large_files).failure(1)
    assert f"'{name}' can't be written through connection 'local': File too large" in text
    assert "the old file is as it was" in text
    assert target.listing() == [name]
    assert target.text(name) == "old"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB."""
    folder = tmp_path / "data"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root; the quota test covers the rest")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("extension", ["csv", "parquet", "json", "xlsx"])
@pytest.mark.usefixtures("small_disk")
def test_a_full_disk(project, engine, extension):
    name = f"out.{extension}"
    target = project([sql(BIG, name)], engine=engine, files={name: "old"})
    text = target.run().failure(1)
    assert f"'{name}' can't be written through connection 'local': No space left on device\n" in text
    assert "free some space on that disk and run again; the old file is as it was" in text
    assert target.listing() == [name]
    assert target.text(name) == "old"


def test_a_process_killed_while_it_writes(project, engine, tmp_path):
    many = "SELECT i AS id, md5(i::VARCHAR) AS region FROM range(400_000) AS t(i)"
    target = project([sql(many, "out.csv")], engine=engine, files={"out.csv": "old"})
    child = start(["run", str(target.path)], tmp_path / "out", tmp_path / "err", killed_by_large_files)
    child.join(300)
    assert child.exitcode == -signal.SIGXFSZ
    assert [part.stat().st_size > 0 for part in target.data.glob(".out.csv.*")] == [True]
    assert target.text() == "old"
    # What a killed process leaves is no source, and no obstacle to the next run.
    target = project(
        [source("*.csv"), sql("SELECT count(*) AS n FROM load", "n.json")], engine=engine, files={"out.csv": GOOD}
    )
    target.run().success()
    assert target.text("n.json").strip(" []\t\n") == '{"n":2}'


def test_the_real_command_reports_the_same_in_a_fresh_process(project):
    """The other tests fork from a server; this is the script that users run."""
    target = project([LOAD, copy("sub/out.csv")], files={"a.csv": GOOD, "sub": "old"})
    done = subprocess.run(
        [sys.executable, "-m", "odibi_nb.commands.shell", "run", target.path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "is a file" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

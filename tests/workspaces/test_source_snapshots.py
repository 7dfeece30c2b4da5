"""Source files are parsed once per version, whoever reads them and in whatever session."""

from __future__ import annotations

import gc
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, BinaryIO, Literal

import duckdb
import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.commands.base import Call
from odibi_nb.commands.store import store as run_store
from odibi_nb.config import ProjectConfig
from odibi_nb.connections import LocalConnection
from odibi_nb.engine import DuckDBEngine
from odibi_nb.exceptions import OdibiException
from odibi_nb.store import Entry, ResultStore
from odibi_nb.workspaces import idle

ROWS = 80_000
LOCAL = {"local": {"type": "local", "base_path": "."}}
TOTAL = "SELECT count(*) AS rows, sum(amount) AS amount FROM load_sales"


def text(amount: int = 1, rows: int = ROWS) -> str:
    """More than a megabyte of CSV; files of another amount are as long."""
    return "id,region,amount\n" + "".join(f"{row},region {row % 7},{amount}\n" for row in range(rows))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "PAUSE_S", 0.01)


@pytest.fixture
def never_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "PAUSE_S", 600)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sales.csv").write_text(text())
    return tmp_path


@pytest.fixture
def session(root: Path) -> Iterator[Callable[..., Workspace]]:
    """Makes workspaces on the same folder, as one kernel after the other does."""
    opened: list[Workspace] = []

    def another(**project: Any) -> Workspace:
        ws = Workspace(root)
        ws.configure(ProjectConfig.model_validate({"connections": LOCAL, **project}))
        opened.append(ws)
        return ws

    yield another
    for ws in opened:
        ws.close()


def load(ws: Workspace, path: str = "sales.csv", sql: str = TOTAL, **options: Any) -> Workspace:
    ws.node("load_sales", read={"connection": "local", "path": path, "options": options})
    ws.node("total", sql)
    return ws


def total(ws: Workspace) -> dict[str, Any]:
    ws.run()
    (row,) = ws["total"].arrow().to_pylist()
    return dict(row)


def kept(root: Path) -> list[Entry]:
    """The snapshots whose rows are there."""
    entries = ResultStore(root / ".odibi").entries()
    return [entry for entry in entries if "snapshot" in entry.record and entry.rows is not None]


def wait_for(holds: Callable[[], object], timeout_s: float = 120) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def wait_until_kept(root: Path, count: int = 1) -> list[Entry]:
    wait_for(lambda: len(kept(root)) == count)
    return kept(root)


def change_unseen(file: Path, content: str | bytes) -> None:
    """Give a file other bytes, of which its size and time don't tell: who shows them has parsed it again."""
    status = file.stat()
    raw = content.encode() if isinstance(content, str) else content
    file.write_bytes(raw.ljust(status.st_size, b"\n"))
    assert file.stat().st_size == status.st_size
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_the_next_session_reads_what_this_one_has_parsed(
    session: Callable[..., Workspace], root: Path, engine: str
) -> None:
    ws = load(session(engine=engine))
    assert total(ws) == {"rows": ROWS, "amount": ROWS}
    wait_until_kept(root)
    ws.close()
    change_unseen(root / "sales.csv", text(2))
    again = load(session(engine=engine), sql=TOTAL.replace("sum", "max"))
    assert total(again) == {"rows": ROWS, "amount": 1}
    assert again.run(force=True).results["load_sales"].dataset.known_rows == ROWS


def test_other_nodes_read_it_too_with_steps_of_their_own(session: Callable[..., Workspace], root: Path) -> None:
    ws = load(session())
    total(ws)
    wait_until_kept(root)
    change_unseen(root / "sales.csv", text(2))
    ws.node(
        "other",
        read={"connection": "local", "path": "sales.csv"},
        transform={"steps": [{"sql": "SELECT max(amount) AS most FROM df"}]},
    )
    ws.run("other")
    assert ws["other"].arrow().to_pylist() == [{"most": 1}]


def test_the_same_session_no_longer_parses_it(session: Callable[..., Workspace], root: Path) -> None:
    ws = load(session())
    total(ws)
    wait_until_kept(root)
    sales = ws.run().results["load_sales"].dataset
    wait_for(lambda: sales.known_rows == ROWS)
    change_unseen(root / "sales.csv", text(2))
    ws.node("total", "SELECT max(amount) AS most FROM load_sales")
    assert total(ws) == {"most": 1}
    assert ws["load_sales"].rows == ROWS


def test_a_cell_shows_its_first_rows_before_all_are_parsed(
    session: Callable[..., Workspace], root: Path, never_idle: None
) -> None:
    ws = session()
    ws.node("load_sales", read={"connection": "local", "path": "sales.csv"})
    result = ws.run_cell("load_sales")
    assert result.dataset is not None
    assert result.dataset.lazy
    assert result.dataset.known_rows is None
    assert kept(root) == []


def test_a_cell_leaves_the_rest_to_a_pause(session: Callable[..., Workspace], root: Path) -> None:
    ws = session()
    ws.node("load_sales", read={"connection": "local", "path": "sales.csv"})
    ws.run_cell("load_sales")
    (entry,) = wait_until_kept(root)
    said = entry.record["snapshot"]
    assert (said["path"], said["format"], said["rows"]) == ("local:sales.csv", "csv", ROWS)


def test_the_second_run_that_parses_a_version_doesnt_wait_for_a_pause(
    session: Callable[..., Workspace], root: Path, never_idle: None
) -> None:
    first = load(session())
    total(first)
    first.close()
    assert kept(root) == []
    second = load(session(), sql=TOTAL.replace("sum", "max"))
    total(second)
    second.close()
    assert len(kept(root)) == 1


def test_rows_that_were_computed_anyway_are_kept_at_once(
    session: Callable[..., Workspace], root: Path, never_idle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    save = DuckDBEngine.save
    monkeypatch.setattr(DuckDBEngine, "save", lambda *given: written.append(given[1]) or save(*given))
    ws = load(session())
    ws.node("second_reader", "SELECT max(amount) AS most FROM load_sales")  # so that they become a table
    total(ws)
    ws.close()
    (entry,) = kept(root)
    assert len(written) == 3  # of three nodes
    results = [one for one in ResultStore(root / ".odibi").entries() if one.record.get("rows", {}).get("rows") == ROWS]
    assert [one.rows for one in results] == [entry.rows]  # once on the disk


def _longer(root: Path) -> None:
    (root / "sales.csv").write_text(text(2) + "9,region 9,2\n")


def _later(root: Path) -> None:
    status = (root / "sales.csv").stat()
    (root / "sales.csv").write_text(text(2))
    os.utime(root / "sales.csv", ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize("change", [_longer, _later])
def test_another_version_is_parsed(
    session: Callable[..., Workspace], root: Path, change: Callable[[Path], None]
) -> None:
    total(load(session()))
    wait_until_kept(root)
    change(root)
    assert total(load(session()))["amount"] >= 2 * ROWS
    wait_until_kept(root, 2)


def test_versions_are_told_by_content_on_request(session: Callable[..., Workspace], root: Path) -> None:
    by_content = {"settings": {"source_files": "content"}}
    total(load(session(**by_content)))
    (entry,) = wait_until_kept(root)
    os.utime(root / "sales.csv")
    total(load(session(**by_content), sql=TOTAL.replace("sum", "max")))
    assert [one.key for one in kept(root)] == [entry.key]
    change_unseen(root / "sales.csv", text(2))
    assert total(load(session(**by_content)))["amount"] == 2 * ROWS


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"all_varchar": True}, ["VARCHAR", "VARCHAR", "VARCHAR"]),
        ({"types": {"amount": "DOUBLE"}}, ["BIGINT", "VARCHAR", "DOUBLE"]),
        ({"nullstr": "1"}, ["BIGINT", "VARCHAR", "VARCHAR"]),
        ({"header": False, "skip": 1, "names": ["a", "b", "c"]}, ["BIGINT", "VARCHAR", "BIGINT"]),
    ],
)
def test_other_options_are_other_rows(
    session: Callable[..., Workspace], root: Path, options: dict[str, Any], expected: list[str]
) -> None:
    total(load(session()))
    wait_until_kept(root)
    for _ in range(2):  # parsed, and from its own snapshot
        ws = session()
        ws.node("other", read={"connection": "local", "path": "sales.csv", "options": options})
        found = ws.run(force=True).results["other"].dataset
        assert [column.type for column in found.schema] == expected
        wait_until_kept(root, 2)
        ws.close()
    run_store(Call("shell", words=("prune",), workspace=ws))  # neither has taken the other's place
    assert len(kept(root)) == 2


def test_an_option_that_no_text_stands_for_keeps_nothing(session: Callable[..., Workspace], root: Path) -> None:
    ws = load(session(engine="pandas"), converters={"amount": lambda value: int(value) + 1})
    assert total(ws)["amount"] == 2 * ROWS
    ws.close()
    assert kept(root) == []


def test_another_engine_and_its_settings_parse_anew(session: Callable[..., Workspace], root: Path) -> None:
    total(load(session()))
    wait_until_kept(root)
    total(load(session(settings={"duckdb": {"TimeZone": "Europe/Berlin"}})))
    wait_until_kept(root, 2)
    total(load(session(engine="pandas")))
    wait_until_kept(root, 3)


def test_a_file_more_makes_a_pattern_another_source(session: Callable[..., Workspace], root: Path) -> None:
    total(load(session(), "sal*.csv"))
    wait_until_kept(root)
    (root / "sales_2.csv").write_text(text(2))
    assert total(load(session(), "sal*.csv")) == {"rows": 2 * ROWS, "amount": 3 * ROWS}
    wait_until_kept(root, 2)


def _compressed(root: Path, content: str) -> str:
    # Bytes that don't pack: the file must be large enough to be kept.
    noise = os.urandom(20 * ROWS).hex()
    lines = content.splitlines()
    padded = [f"{lines[0]},noise", *(f"{line},{noise[n * 40 : n * 40 + 40]}" for n, line in enumerate(lines[1:]))]
    (root / "sales.csv.gz").write_bytes(gzip.compress("\n".join(padded).encode(), 1))
    return "sales.csv.gz"


def _utf_16(root: Path, content: str) -> str:
    (root / "wide.csv").write_text(content.replace("region", "région"), encoding="utf-16")
    return "wide.csv"


def _records(content: str) -> list[dict[str, int]]:
    lines = (line.split(",") for line in content.splitlines()[1:])
    return [{"id": int(first), "amount": int(last)} for first, _, last in lines]


def _json(root: Path, content: str) -> str:
    (root / "sales.json").write_text(json.dumps(_records(content)))
    return "sales.json"


def _json_lines(root: Path, content: str) -> str:
    (root / "sales.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in _records(content)))
    return "sales.jsonl"


@pytest.mark.parametrize(
    ("write", "options"),
    [(_compressed, {}), (_utf_16, {"encoding": "utf-16"}), (_json, {}), (_json_lines, {})],
    ids=["compressed", "utf-16", "json", "json lines"],
)
def test_whatever_is_parsed_is_kept(
    session: Callable[..., Workspace], root: Path, write: Callable[[Path, str], str], options: dict[str, Any]
) -> None:
    path = write(root, text())
    ws = load(session(), path, **options)
    ws.run()
    rows = ws["load_sales"].arrow()
    wait_until_kept(root)
    ws.close()
    change_unseen(root / path, b"")
    again = load(session(), path, **options)
    again.run(force=True)
    assert again["load_sales"].arrow().equals(rows)


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_workbook_is_parsed_once(session: Callable[..., Workspace], root: Path, engine: str) -> None:
    ws = session(engine=engine)
    ws.node("make", "SELECT range AS id, hash(range)::VARCHAR AS code, 1 AS amount FROM range(5000)")
    ws.node("book", depends_on=["make"], write={"connection": "local", "path": "sales.xlsx"})
    ws.run()
    ws.close()
    ws = load(session(engine=engine), "sales.xlsx")
    assert total(ws) == {"rows": 5000, "amount": 5000}
    ws.close()
    assert [entry.record["snapshot"]["path"] for entry in kept(root)] == ["local:sales.xlsx"]
    change_unseen(root / "sales.xlsx", b"")
    again = load(session(engine=engine), "sales.xlsx", sql=TOTAL.replace("sum", "max"))
    again.run(force=True)
    assert total(again) == {"rows": 5000, "amount": 1}


def test_small_files_and_parquet_are_read_as_they_are(session: Callable[..., Workspace], root: Path) -> None:
    (root / "small.csv").write_text(text(rows=100))
    ws = session()
    ws.node("make", "SELECT range AS id FROM range(1_000_000)")
    ws.node("file", depends_on=["make"], write={"connection": "local", "path": "large.parquet"})
    ws.run()
    ws.node("large", read={"connection": "local", "path": "large.parquet"})
    ws.node("small", read={"connection": "local", "path": "small.csv"})
    ws.run(force=True)
    ws.run(force=True)
    ws.close()
    assert kept(root) == []


def _flip_a_byte(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [_flip_a_byte, _cut, Path.unlink])
def test_damaged_rows_are_never_served(
    session: Callable[..., Workspace], root: Path, damage: Callable[[Path], None]
) -> None:
    ws = load(session(), sql="SELECT bit_xor(hash(load_sales)) AS digest FROM load_sales")
    before = total(ws)
    (entry,) = wait_until_kept(root)
    ws.close()
    damage(file_of(root, entry))
    again = load(session(), sql="SELECT bit_xor(hash(load_sales)) AS digest FROM load_sales WHERE true")
    assert total(again) == before
    wait_until_kept(root)
    change_unseen(root / "sales.csv", text(2))
    assert total(load(session(), sql=TOTAL.replace("sum", "min"))) == {"rows": ROWS, "amount": 1}


def test_an_edited_record_counts_for_nothing(session: Callable[..., Workspace], root: Path) -> None:
    total(load(session()))
    (entry,) = wait_until_kept(root)
    record = root / ".odibi" / "store" / "results" / f"{entry.key}.json"
    record.write_bytes(record.read_bytes().replace(b"BIGINT", b"DOUBLE"))
    ws = load(session(), sql="SELECT typeof(any_value(amount)) AS kind FROM load_sales")
    assert total(ws) == {"kind": "BIGINT"}


def test_a_store_that_cant_be_written_costs_nothing_but_time(session: Callable[..., Workspace], root: Path) -> None:
    (root / ".odibi").write_text("in the way")
    ws = load(session())
    for _ in range(2):
        assert ws.run(force=True).results["total"].status == "completed"
    assert total(ws) == {"rows": ROWS, "amount": ROWS}


def test_a_disk_that_is_full_costs_nothing_but_time(root: Path) -> None:
    ran = in_process(
        root,
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        ws.node("total", "SELECT count(*) AS rows FROM load_sales")
        for _ in range(2):
            assert ws.run(force=True).results["total"].status == "completed"
        ws._runs.recollection.settle()
        print(ws["total"].arrow().to_pylist(), *ws._runs.snapshots.problems)
        """,
    )
    assert ran == f"[{{'rows': {ROWS}}}] local:sales.csv\n"
    assert kept(root) == []
    ResultStore(root / ".odibi").make_room()  # DuckDB 1 leaves a file of its own, until somebody sweeps
    assert list((root / ".odibi").rglob("*.part")) == []


def test_a_source_beyond_the_stores_limit_is_not_kept(
    session: Callable[..., Workspace], root: Path, never_idle: None
) -> None:
    ws = load(session(settings={"store": {"limit_gb": 0.001}}))
    ws.run()
    ws.run(force=True)
    ws.close()
    assert kept(root) == []


def test_without_a_store_nothing_is_kept(session: Callable[..., Workspace], root: Path) -> None:
    ws = load(session(settings={"store": {"enabled": False}}))
    ws.run()
    ws.run(force=True)
    ws.close()
    assert not (root / ".odibi").exists()


def test_rows_in_use_are_not_evicted(session: Callable[..., Workspace], root: Path) -> None:
    ws = load(session())
    total(ws)
    wait_until_kept(root)
    wait_for(lambda: any(file.ours for file in ws.run().results["load_sales"].dataset.opened.files))
    store = ResultStore(root / ".odibi")
    assert all("snapshot" not in entry.record for entry in store.prune(lambda entry: entry.rows is not None))
    (root / "sales.csv").unlink()
    with pytest.warns(UserWarning, match="stale"):
        assert ws["load_sales"].arrow().num_rows == ROWS
    ws.close()
    gc.collect()  # a run and its threads know each other
    removed = store.prune(lambda entry: "snapshot" in entry.record)
    assert [entry.record["snapshot"]["path"] for entry in removed] == ["local:sales.csv"]


def test_sessions_that_parse_at_once_dont_disturb_each_other(session: Callable[..., Workspace], root: Path) -> None:
    many = [load(session()) for _ in range(3)]
    found: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda ws=ws: found.append(total(ws))) for ws in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"rows": ROWS, "amount": ROWS}] * 3
    (entry,) = wait_until_kept(root)
    assert entry.record["snapshot"]["rows"] == ROWS


def test_a_version_that_is_gone_is_not_parsed_again(
    session: Callable[..., Workspace], root: Path, never_idle: None
) -> None:
    ws = load(session())
    ws.run()
    (root / "sales.csv").write_text(text(3))
    ws._runs.snapshots.run_ends(in_full=True)
    ws._runs.recollection.settle()
    assert kept(root) == []
    assert ws._runs.snapshots.problems == {}


class Restless(LocalConnection):
    """A folder in which files may grow while they are read."""

    grow = False

    def open(self, uri: str, mode: Literal["rb", "wb"] = "rb") -> BinaryIO:
        if self.grow:
            with Path(uri).open("a") as more:
                more.write("9,region 9,9\n")
        return super().open(uri, mode)


def test_a_file_that_changes_while_it_is_parsed_is_not_kept(
    session: Callable[..., Workspace], root: Path, never_idle: None
) -> None:
    ws, folder = session(), Restless(root)
    ws._around.connections = {"local": folder}
    load(ws).run()
    folder.grow = True
    ws._runs.snapshots.run_ends(in_full=True)
    ws._runs.recollection.settle()
    assert ws._runs.snapshots.problems == {"sales.csv": "the files have changed while they were parsed"}
    assert kept(root) == []


def test_a_row_at_fault_is_told_where_it_is_and_nothing_is_kept(session: Callable[..., Workspace], root: Path) -> None:
    (root / "sales.csv").write_text(text() + "many,region 1,x\n")
    ws = load(session())
    for _ in range(2):
        with pytest.raises(OdibiException, match="'many' is not BIGINT") as caught:
            ws.run()
        assert caught.value.where.line == ROWS + 2
    ws.close()
    assert kept(root) == []


def test_what_is_kept_in_a_pause_gives_way_to_a_run(
    session: Callable[..., Workspace], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "SELECT i AS id, 'region ' || i % 7 AS region, 1 AS amount FROM range(4_000_000) AS r(i)"
    duckdb.execute(f"COPY ({many}) TO '{root / 'sales.csv'}'")
    begun, save = threading.Event(), DuckDBEngine.save
    monkeypatch.setattr(DuckDBEngine, "save", lambda *given: begun.set() or save(*given))
    ws = session()
    snapshots = ws._runs.snapshots

    def one() -> pd.DataFrame:
        wait_for(lambda: snapshots._parser is None)
        return pd.DataFrame({"kept": [len(kept(root))]})

    ws.node("load_sales", read={"connection": "local", "path": "sales.csv"})
    ws.node("one", one)
    ws.run_cell("load_sales")
    assert begun.wait(120)
    time.sleep(0.1)  # what is just about to begin isn't reached
    found = ws.run_cell("one").dataset
    assert found is not None
    assert found.arrow().to_pylist() == [{"kept": 0}]
    wait_until_kept(root)  # after it


def test_a_process_ends_at_once_while_rows_are_kept_in_a_pause(root: Path) -> None:
    (root / "sales.csv").write_text(text(rows=3_000_000))
    ran = in_process(
        root,
        """
        from odibi_nb.workspaces import idle
        idle.PAUSE_S = 0.0
        ws.run_cell("load_sales")
        while ws._runs.snapshots._parser is None:
            time.sleep(0.001)
        """,
    )
    assert ran == ""
    assert kept(root) == []
    assert list((root / ".odibi").rglob("*.part")) == []


def in_process(root: Path, code: str) -> str:
    """Run code in a process of its own, which has `ws` with the node load_sales; return what it prints."""
    begin = f"""
import time
from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
ws = Workspace(".")
ws.configure(ProjectConfig.model_validate({{"connections": {LOCAL}}}))
ws.node("load_sales", read={{"connection": "local", "path": "sales.csv"}})
"""
    command = [sys.executable, "-c", begin + dedent(code)]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def file_of(root: Path, entry: Entry) -> Path:
    assert entry.rows is not None
    return ResultStore(root / ".odibi")._objects.path(entry.rows.digest)

"""The database is opened for those who need it, and only then."""

from __future__ import annotations

import os
import signal
import threading
import time

import duckdb
import pytest
from pipeline.project import python, sql

from odibi_nb.engine import create_engine
from odibi_nb.engine.session import Cursor, Session
from odibi_nb.exceptions import EngineError, NodeCancelled


@pytest.fixture
def numbers(lazy_project):
    @lazy_project.functions.register
    def numbers():
        import pandas as pd

        return pd.DataFrame({"n": [1, 2, 3]})

    return python("numbers", "numbers")


def test_python_nodes_alone_open_no_database(lazy_project, numbers):
    lazy_project.functions.register(lambda df: df.assign(m=df.n), "wider")
    pipeline = lazy_project.pipeline(numbers, python("wide", "wider", depends_on=["numbers"]))
    assert pipeline.run().get_node_result("wide").result_schema == (("n", "BIGINT"), ("m", "BIGINT"))
    assert pipeline._engine._session._opened is None


def test_sql_below_python_nodes_opens_it(lazy_project, numbers):
    pipeline = lazy_project.pipeline(numbers, sql("total", "SELECT sum(n) AS n FROM numbers"))
    assert pipeline.run().get_node_result("total").dataset.head() == (("6",),)


def test_a_wrong_setting_is_told_before_anything_asks_for_the_database():
    with pytest.raises(EngineError, match="DuckDB has no setting 'thread'"):
        create_engine("duckdb", {"thread": 1})


def test_several_threads_that_come_first_get_one_database():
    session, start = Session(), threading.Barrier(4)
    found = []

    def look() -> None:
        start.wait()
        found.append(session.call(lambda cursor: cursor.run("SELECT count(*) FROM duckdb_databases()")))
        session.call(lambda cursor: cursor.run(f"CREATE TABLE t{threading.get_ident()} (x INT)"))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.call(lambda cursor: cursor.run("SELECT count(*) FROM duckdb_tables()")) == [(4,)]


def test_a_session_that_was_never_used_can_be_closed_twice():
    session = Session()
    session.close()
    session.close()
    with pytest.raises(EngineError, match="all results were dropped"):
        session.call(lambda cursor: cursor.run("SELECT 1"))


def test_a_cursor_whose_profiling_could_not_be_ended_is_not_used_again(monkeypatch):
    session, real = Session(), Cursor.run

    def interrupted(cursor, sql, params=None):
        if sql == "PRAGMA disable_profiling":
            raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")
        return real(cursor, sql, params)

    def work(cursor):
        with cursor.profiling():
            return cursor.run("SELECT 1")

    assert session.call(work) == [(1,)]
    with monkeypatch.context() as patch:
        patch.setattr(Cursor, "run", interrupted)
        with pytest.raises(NodeCancelled):
            session.call(work)
    assert session.call(lambda cursor: cursor.run("SELECT current_setting('enable_profiling')")) == [(None,)]
    assert session.call(work) == [(1,)]
    session.close()


@pytest.mark.parametrize("is_first", [True, False])
def test_ctrl_c_while_a_statement_is_handed_over_ends_it(monkeypatch, is_first):
    session, begun = Session(), threading.Event()
    pool = session._hopper()
    real = pool.submit

    def work(cursor):
        begun.set()
        return cursor.run("SELECT count(*) FROM range(3_000_000_000) t(i) WHERE hash(i) % 7 = 3")

    def submit(*args):
        real(*args)
        assert begun.wait(30)
        raise KeyboardInterrupt

    def refuse(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "submit", refuse if is_first else submit)
    with pytest.raises(KeyboardInterrupt):
        session.call(work)
    monkeypatch.undo()
    assert not session._busy
    assert session.call(lambda cursor: cursor.run("SELECT 1")) == [(1,)]
    session.close()


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_that_wakes_nobody_ends_a_statement_all_the_same():
    session, begun, ended = Session(), threading.Event(), []

    def strike():
        assert begun.wait(30)
        time.sleep(0.2)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    def work(cursor):
        begun.set()
        ended.append(cursor.run("SELECT count(*) FROM range(3_000_000_000) t(i) WHERE hash(i) % 7 = 3"))

    thread = threading.Thread(target=strike)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        session.call(work)
    thread.join()
    assert ended == []
    session.close()


def test_footers_are_kept_for_the_next_look_unless_the_user_says_otherwise():
    def kept(session: Session) -> object:
        return session.call(lambda cursor: cursor.run("SELECT current_setting('parquet_metadata_cache')"))[0][0]

    assert kept(Session()) is True
    assert kept(Session({"parquet_metadata_cache": False})) is False


def test_a_file_put_into_the_place_of_another_is_read_by_its_own_footer(tmp_path):
    session, file, other = Session(), tmp_path / "sales.parquet", tmp_path / "other.parquet"
    written_at = time.time() - 1000  # what is younger than ten seconds is always read anew

    def write(rows: int, path: os.PathLike[str]) -> None:
        select = f"SELECT range AS id FROM range({rows})"
        session.call(lambda cursor: cursor.run(f"COPY ({select}) TO '{path}' (FORMAT parquet)"))
        os.utime(path, (written_at, written_at))

    def read() -> list[tuple[int, int]]:
        return session.call(lambda cursor: cursor.run(f"SELECT count(*), sum(id) FROM '{file}'"))

    write(10, file)
    assert [read(), read()] == [[(10, 45)]] * 2
    write(100_000, other)
    other.replace(file)
    assert read() == [(100_000, 4_999_950_000)]

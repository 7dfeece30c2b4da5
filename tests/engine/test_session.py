"""The database is opened for those who need it, and only then."""

from __future__ import annotations

import threading

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

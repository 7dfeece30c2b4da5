"""DuckDB's threads and those that call it are together no more than `threads`."""

from __future__ import annotations

import pytest
from pipeline.project import sql

from odibi_nb.engine.duckdb_engine import DuckDBEngine
from odibi_nb.runner import workers

BUSY = "SELECT i % 1000 AS k, sum(sqrt(i + {n})) AS s FROM range(6000000) t(i) GROUP BY ALL"


def external_threads(engine):
    sql_engine = getattr(engine, "_sql", engine)
    setting = "SELECT current_setting('external_threads')"
    return sql_engine._session.call(lambda cursor: cursor.run(setting))[0][0]


@pytest.mark.parametrize(("callers", "counted"), [(1, 1), (2, 2), (4, 4), (9, 4)])
def test_each_caller_counts_as_one_of_the_threads(callers, counted):
    engine = DuckDBEngine({"threads": 4})
    engine.serve(callers)
    assert external_threads(engine) == counted
    engine.serve(1)
    assert external_threads(engine) == 1
    engine.close()


def test_a_setting_of_the_users_stands():
    engine = DuckDBEngine({"threads": 4, "external_threads": 3})
    engine.serve(2)
    assert external_threads(engine) == 3
    engine.close()


def test_long_nodes_share_the_cores_and_what_comes_after_them_has_all(project, monkeypatch):
    pipeline = project.pipeline(*(sql(f"n_{n}", BUSY.format(n=n)) for n in range(4)))
    monkeypatch.setattr(workers, "_MOMENT_S", 0.001)
    served = []
    serve = pipeline._engine.serve
    monkeypatch.setattr(pipeline._engine, "serve", lambda callers: (served.append(callers), serve(callers)))
    assert pipeline.run(workers=2).failed == []
    assert 2 in served
    assert external_threads(pipeline._engine) == 1

"""Several nodes at once: truly so, and with the results of one after the other."""

from __future__ import annotations

import threading

import pandas as pd
import pytest
from pipeline.project import node, python, sql

from odibi_nb.runner import NodeFinished, NodeStarted


def test_two_python_nodes_meet(project):
    barrier = threading.Barrier(2)

    def meets():
        barrier.wait(timeout=120)
        return pd.DataFrame({"a": [1]})

    project.functions.register(meets)
    results = project.run(python("one", "meets"), python("two", "meets"), workers=2)
    assert results.completed == ["one", "two"]


def forty_nodes(project):
    """Fan-out, fan-in, SQL and Python by turns, one macro name in many nodes, CTEs that shadow nodes, `df`."""
    project.functions.register(lambda df, k=1: df.assign(v=df.v * k), "scaled")
    project.functions.register(lambda context, name: context.get(name)[["k", "v"]], "fetched")
    nodes = [
        sql("base", "SELECT i % 7 AS k, i AS v FROM range(500) t(i)"),
        sql("shadow", "SELECT -1 AS k, -1 AS v"),
    ]
    for n in range(9):
        macro = f"CREATE MACRO twist(x) AS x * {n + 2} - {n};"
        nodes += [
            sql(f"sql_{n}", f"{macro} SELECT k, twist(v) AS v FROM base"),
            sql(
                f"cte_{n}",
                f"WITH shadow AS (SELECT k, sum(v) AS v FROM sql_{n} GROUP BY k) SELECT k, v + {n} AS v FROM shadow",
            ),
            node(
                f"py_{n}",
                {"function": "scaled", "params": {"k": n}},
                f"SELECT k, v + {n} AS v FROM df",
                depends_on=[f"cte_{n}"],
            ),
            node(f"ctx_{n}", {"function": "fetched", "params": {"name": f"py_{n}"}}, depends_on=[f"py_{n}"]),
        ]
    union = " UNION ALL ".join(f"SELECT '{n}' AS n, * FROM ctx_{n}" for n in range(9))
    nodes += [
        sql("united", union),
        sql(
            "report",
            "SELECT n, k, sum(v) AS v, (SELECT count(*) FROM SHADOW) AS s FROM United GROUP BY ALL ORDER BY ALL",
        ),
    ]
    assert len(nodes) == 40
    return nodes


def rows(results):
    return {
        name: sorted(map(repr, result.dataset.arrow().to_pylist())) for name, result in results.node_results.items()
    }


def test_parallel_runs_of_forty_nodes_equal_the_serial_one(project):
    """Fifty on each engine: what they share is the DuckDB below them."""
    pipeline = project.pipeline(*forty_nodes(project))
    serial = pipeline.run()
    assert serial.failed == [], serial.get_node_result(serial.failed[0]).error
    expected = rows(serial)
    assert expected["report"]
    for count in range(50):
        parallel = pipeline.run(workers=2 + count % 6)
        assert parallel.failed == [], parallel.get_node_result(parallel.failed[0]).error
        assert list(parallel.node_results) == list(serial.node_results)
        assert parallel.completed == serial.completed
        if count % 5 == 0:
            assert rows(parallel) == expected


def test_a_node_is_told_to_have_finished_after_all_above_it(project):
    pipeline = project.pipeline(*forty_nodes(project))
    started, finished = [], []

    def listen(event):
        if isinstance(event, NodeStarted):
            started.append(event.name)
        if isinstance(event, NodeFinished):
            finished.append(event.result.node_name)

    pipeline.run(workers=4, listeners=[listen])
    assert sorted(started) == sorted(finished) == sorted(pipeline.graph.nodes)
    assert len(finished) == 40
    for upstream, downstream in pipeline.graph.edges:
        assert started.index(upstream) < started.index(downstream)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_failure_in_parallel_stops_only_what_is_below_it(project, workers):
    nodes = [sql("a", "SELECT 1 AS x"), sql("bad", "SELECT nope FROM a"), sql("c", "FROM bad"), sql("d", "FROM a")]
    results = project.run(*nodes, workers=workers)
    assert (results.completed, results.failed, results.skipped) == (["a", "d"], ["bad"], ["c"])


def test_more_workers_than_nodes_do_no_harm(project):
    assert project.run(sql("a", "SELECT 1 AS x"), workers=64).completed == ["a"]

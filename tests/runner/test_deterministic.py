"""Whatever finishes first: results, their order, blame and logs are those of a run one by one."""

from __future__ import annotations

import io
import random
import time
from collections import defaultdict

import pytest
from pipeline.project import node, read, sql, write

from odibi_nb.capture import NodeOutput
from odibi_nb.commands.progress import NodeOutputs
from odibi_nb.engine.machine import usable_cpus
from odibi_nb.exceptions import UsageError
from odibi_nb.runner import NodeFinished, NodeResult, RunFinished, RunOutcome, RunStarted
from odibi_nb.runner import workers as workers_module
from odibi_nb.runner.in_order import InOrder
from odibi_nb.runner.workers import worker_count

WORKERS = (1, 2, 8)


def thirty_nodes(project):
    """Random durations, anew in each run: SQL and Python, prints, expectations, two failures, fused readers of one."""

    def slow(context, above: str, fails: bool = False):
        time.sleep(random.random() / 50)
        print(f"after {above}")
        if fails:
            raise ValueError(f"no good after {above}")
        return context.get(above).assign(seen=above)

    project.functions.register(slow)
    project.put("raw.csv", "k,v\n" + "".join(f"{n % 5},{n}\n" for n in range(2000)) + "1,bad\n")
    nodes = [
        node("raw", read=read("raw.csv")),
        node("typed", "SELECT k, CAST(v AS BIGINT) AS v FROM raw", materialize="view"),
        sql("below_1", "SELECT k, v + 1 AS v FROM typed"),
        sql("below_2", "SELECT k, v + 2 AS v FROM typed"),
        sql("below_3", "SELECT count(*) AS n FROM below_2"),
        sql("base", "SELECT i % 7 AS k, i AS v FROM range(500) t(i)"),
    ]
    for n in range(8):
        call = {"function": "slow", "params": {"above": f"sql_{n}", "fails": n == 3}}
        nodes += [
            sql(f"sql_{n}", f"SELECT k, v * {n} AS v FROM base ORDER BY v, k"),
            node(f"py_{n}", call, depends_on=[f"sql_{n}"]),
            sql(f"sum_{n}", f"SELECT k, sum(v) AS v FROM py_{n} GROUP BY k ORDER BY k", write=write(f"{n}.csv")),
        ]
    return nodes


def told(results):
    """Everything about a run but its times."""
    return [
        (
            name, result.status, str(result.error), result.reason, result.written, result.rows_written,
            result.fused_into, result.notes, result.output.text if result.output else "",
            result.dataset.arrow().to_pylist() if result.success else None,
        )
        for name, result in results.items()
    ]  # fmt: skip


def run(project, workers):
    """Return what the results tell, the log, and how often each node was told to have finished."""
    log, finished = io.StringIO(), []
    listeners = [
        InOrder(NodeOutputs(log)),
        InOrder(lambda event: finished.append(event.result.node_name) if isinstance(event, NodeFinished) else None),
    ]
    results = project.pipeline(*thirty_nodes(project)).run(workers=workers, listeners=listeners)
    return told(results.node_results), log.getvalue(), finished, results.failed, results.skipped


def test_thirty_nodes_of_random_durations_tell_the_same_with_any_number_of_workers(project):
    expected = run(project, 1)
    assert len(expected[0]) == 30
    assert expected[3] == ["typed", "py_3"]
    for workers in WORKERS * 3:
        assert run(project, workers) == expected


def test_each_node_is_told_to_have_finished_once_but_for_what_turns_out_to_be_at_fault(project):
    """Where nodes run at once, `below_3` may have come through before `below_1` meets the row that no cast takes."""
    for workers in WORKERS * 3:
        finished = defaultdict(list)

        def listen(event, finished=finished):
            if isinstance(event, NodeFinished):
                finished[event.result.node_name].append(event.result.status)

        results = project.pipeline(*thirty_nodes(project)).run(workers=workers, listeners=[listen]).node_results
        assert {name: told[-1] for name, told in finished.items()} == {n: one.status for n, one in results.items()}
        again = {name: told for name, told in finished.items() if len(told) > 1}
        assert again == {} if workers == 1 else again.keys() <= {"typed", "below_2", "below_3"}
        assert all(told in (["completed", "failed"], ["completed", "skipped"]) for told in again.values())


def two_hundred_nodes():
    """SQL nodes that all share a few inputs under one name each, some with a macro or an alias of one name."""
    nodes = [sql(f"shared_{n}", f"SELECT i AS k, i * {n + 1} AS v FROM range(100) t(i)") for n in range(4)]
    for n in range(195):
        macro = f"CREATE MACRO twice(x) AS x * {n};" if n % 3 else ""
        value = "twice(a.v)" if n % 3 else f"a.v * {n}"
        text = f"{macro} SELECT sum({value}) AS v FROM shared_{n % 4} a JOIN Shared_{(n + 1) % 4} b USING (k)"
        nodes.append(sql(f"n_{n}", text))
    union = " UNION ALL ".join(f"SELECT {n} AS n, v FROM n_{n}" for n in range(195))
    return [*nodes, sql("united", f"SELECT * FROM ({union}) ORDER BY n")]


def test_two_hundred_sql_nodes_on_shared_inputs_never_race(project):
    """Odibi fails 22 of 40 such runs; the six of both engines go well by luck in one case of 120."""
    pipeline = project.pipeline(*two_hundred_nodes())
    expected = told(pipeline.run().node_results)
    for _ in range(3):
        results = pipeline.run(workers=8)
        assert results.failed == [], results.get_node_result(results.failed[0]).error
        assert told(results.node_results) == expected


def test_a_log_is_in_the_order_of_the_graph_and_holds_back_no_longer_than_it_must():
    log = io.StringIO()
    listener = InOrder(NodeOutputs(log))

    def finish(name):
        output = NodeOutput()
        output.write(f"{name} says so")
        listener(NodeFinished(NodeResult(name, "completed", output=output)))
        return [line.partition(" ")[0] for line in log.getvalue().splitlines()]

    listener(RunStarted(("a", "b", "c", "d")))
    assert finish("b") == []
    assert finish("a") == ["a", "b"]
    assert finish("d") == ["a", "b"]
    listener(RunFinished(RunOutcome()))
    assert log.getvalue().splitlines()[-1] == "d | d says so"
    listener(RunStarted(("d", "a")))  # the next run, with the same listener
    assert finish("a")[3:] == []
    assert finish("d")[3:] == ["d", "a"]


def test_auto_is_one_worker_a_core(project):
    assert worker_count("auto") == usable_cpus() >= 1
    started = []
    listen = lambda event: started.append(event.workers) if isinstance(event, RunStarted) else None  # noqa: E731
    pipeline = project.pipeline(sql("a", "SELECT 1 AS x"))
    for options in ({}, {"parallel": True}, {"workers": "auto"}, {"parallel": True, "workers": 3}):
        pipeline.run(listeners=[listen], **options)
    assert started == [1, usable_cpus(), usable_cpus(), 3]


def test_auto_keeps_to_the_quota_of_a_container(monkeypatch):
    monkeypatch.setattr(workers_module, "usable_cpus", lambda: 7)
    assert worker_count("auto") == 7


@pytest.mark.parametrize("workers", [0, -1, "many", 1.5, True])
def test_a_number_of_workers_that_is_none_is_refused(project, workers):
    with pytest.raises(UsageError, match="workers is a number, 1 or more, or 'auto'"):
        project.run(sql("a", "SELECT 1 AS x"), workers=workers)


@pytest.mark.parametrize(
    ("readers", "completed"),
    [(["sees_it", "sees_not"], ["raw"]), (["sees_not", "sees_it"], ["raw", "sees_not", "below_sees_not"])],
)
def test_what_comes_after_the_reader_that_finds_a_fault_is_skipped_also_where_it_came_through(
    lazy_project, readers, completed
):
    lazy_project.put("raw.csv", "k,v\n" + "".join(f"{n},{n}\n" for n in range(3000)) + "1,bad\n")
    texts = {"sees_it": "SELECT sum(v) AS v FROM typed", "sees_not": "SELECT count(k) AS n FROM typed"}
    nodes = [
        node("raw", read=read("raw.csv")),
        node("typed", "SELECT k, CAST(v AS BIGINT) AS v FROM raw", materialize="view"),
        *(step for name in readers for step in (sql(name, texts[name]), sql(f"below_{name}", f"FROM {name}"))),
    ]
    for workers in (1, 2, 8, 2, 8):
        results = lazy_project.pipeline(*nodes).run(workers=workers)
        assert (results.completed, results.failed) == (completed, ["typed"])
        assert {results.get_node_result(name).reason for name in results.skipped} == {"'typed' failed"}


def test_of_two_nodes_at_fault_the_first_in_order_is_named(project):
    def fails(after_s: float):
        time.sleep(after_s)
        raise ValueError("no good")

    project.functions.register(fails)
    nodes = [
        node("late", {"function": "fails", "params": {"after_s": 0.2}}),
        node("early", {"function": "fails", "params": {"after_s": 0.0}}),
        sql("both", "SELECT * FROM early, late"),
    ]
    for workers in (1, 2):
        results = project.pipeline(*nodes).run(workers=workers)
        assert (results.failed, results.get_node_result("both").reason) == (["late", "early"], "'late' failed")

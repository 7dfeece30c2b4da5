"""Ctrl-C: it lands within a second, the rest is cancelled, nothing half-written stays, the engine goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from pipeline.project import python, sql, write

from odibi_nb.engine.machine import usable_cpus
from odibi_nb.runner import NodeFinished, NodeStarted

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")
LONG_SQL = "SELECT count(*) AS n FROM range(1000000000000) t(i) WHERE sqrt(i) = -1"
"""It would go on for a quarter of an hour."""
LONG_WRITE = "SELECT i, sqrt(i) AS r, md5(i::VARCHAR) AS h FROM range(100000000) t(i)"


class Interrupted:
    """A listener that sends a SIGINT some time after one node has started, and another one has finished."""

    def __init__(self, node: str = "long", *, after: str | None = None) -> None:
        self._awaited = {("start", node)} | ({("end", after)} if after else set())
        self._sent_s = 0.0

    def __call__(self, event: object) -> None:
        if not self._awaited:
            return
        if isinstance(event, NodeStarted):
            self._awaited.discard(("start", event.name))
        if isinstance(event, NodeFinished):
            self._awaited.discard(("end", event.result.node_name))
        if not self._awaited:
            threading.Timer(0.3, self._send).start()

    def _send(self) -> None:
        self._sent_s = time.process_time()
        os.kill(os.getpid(), signal.SIGINT)

    def run(self, pipeline, **options):
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(listeners=[self], **options)
        return pipeline._outcome.results

    @property
    def core_s(self) -> float:
        """CPU time of the process since, a core: where others keep the cores busy, that is no more."""
        return (time.process_time() - self._sent_s) / usable_cpus()


def status(results):
    return {name: result.status for name, result in results.items()}


@pytest.mark.parametrize("workers", [1, 2])
def test_sql_stops_within_a_second_and_the_rest_is_cancelled(project, workers):
    pipeline = project.pipeline(sql("first", "SELECT 1 AS a"), sql("long", LONG_SQL), sql("later", "FROM long"))
    interrupted = Interrupted(after="first")
    results = interrupted.run(pipeline, workers=workers)
    assert interrupted.core_s < 1
    assert status(results) == {"first": "completed", "long": "cancelled", "later": "cancelled"}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("path", ["out.parquet", "out.csv"])
def test_a_file_half_written_is_gone_and_the_old_one_stays(lazy_project, workers, path):
    lazy_project.put(path, "the old file")
    pipeline = lazy_project.pipeline(sql("long", LONG_WRITE, write=write(path)))
    interrupted = Interrupted()
    results = interrupted.run(pipeline, workers=workers)
    assert interrupted.core_s < 1
    assert status(results) == {"long": "cancelled"}
    assert lazy_project.files() == [path]
    assert lazy_project.text(path) == "the old file"


def test_a_python_node_of_a_serial_run_is_reached(project):
    came_to = []

    def sleeps():
        time.sleep(60)
        came_to.append("its end")

    project.functions.register(sleeps)
    results = Interrupted("sleeps").run(project.pipeline(python("sleeps"), sql("later", "FROM sleeps")))
    assert came_to == []
    assert status(results) == {"sleeps": "cancelled", "later": "cancelled"}


def test_an_async_node_of_a_serial_run_is_reached(project):
    came_to = []

    async def sleeps():
        import asyncio

        await asyncio.sleep(60)
        came_to.append("its end")

    project.functions.register(sleeps)
    Interrupted("sleeps").run(project.pipeline(python("sleeps")))
    assert came_to == []


def test_a_python_node_in_a_thread_is_told_of_and_its_result_and_write_discarded(project):
    told, done = threading.Event(), threading.Event()

    def goes_on():
        told.wait(120)
        done.set()
        return pd.DataFrame({"a": [1]})

    project.functions.register(goes_on)
    pipeline = project.pipeline(python("goes_on", write=write("out.parquet")), sql("quick", "SELECT 1 AS a"))
    results = Interrupted("goes_on").run(pipeline, workers=2)
    assert results["goes_on"].status == "cancelled"
    assert "still finishing in its thread" in results["goes_on"].reason
    assert not done.is_set()
    told.set()
    assert done.wait(120)
    time.sleep(0.3)
    assert project.files() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_the_engine_goes_on_after_an_interrupt(project, workers):
    pipeline = project.pipeline(sql("long", LONG_SQL), sql("quick", "SELECT sum(i) AS n FROM range(10) t(i)"))
    Interrupted().run(pipeline, workers=workers)
    assert pipeline.run_node("quick").dataset.arrow().to_pylist() == [{"n": 45}]


def test_an_interrupt_between_two_nodes_is_heard(project):
    def interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        return pd.DataFrame({"a": [1]})

    project.functions.register(interrupts)
    pipeline = project.pipeline(python("interrupts"), sql("later", "FROM interrupts"))
    with pytest.raises(KeyboardInterrupt):
        pipeline.run()
    assert pipeline._outcome.results["later"].status == "cancelled"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_that_is_interrupted_ends_without_an_abort(tmp_path, workers):
    script = textwrap.dedent(f"""
        import signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from odibi_nb import Pipeline
        from odibi_nb.config import PipelineConfig
        from odibi_nb.runner import NodeStarted
        nodes = [{{"name": f"long_{{n}}", "transform": {{"steps": [{LONG_SQL!r}]}}}} for n in range(2)]
        pipeline = Pipeline(PipelineConfig(pipeline="p", nodes=nodes))
        def tell(event):
            if isinstance(event, NodeStarted) and event.name == "long_{workers - 1}":
                print("ready", flush=True)
        try:
            pipeline.run(workers={workers}, listeners=[tell])
        except KeyboardInterrupt:
            print([result.status for result in pipeline._outcome.results.values()])
            sys.exit(130)
    """)
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (130, "")
    assert out == "['cancelled', 'cancelled']\n"

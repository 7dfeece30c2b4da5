"""A run that another thread ends: as by Ctrl-C, wherever it goes on, and nothing else is hit."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pandas as pd
import pytest
from pipeline.project import python, sql

from odibi_nb.engine.machine import usable_cpus
from odibi_nb.runner import NodeStarted, RunStarted
from odibi_nb.runner.cancelling import Cancelling

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")
LONG_SQL = "SELECT count(*) AS n FROM range(1000000000000) t(i) WHERE sqrt(i) = -1"
"""It would go on for a quarter of an hour."""


class Cancelled:
    """A listener that cancels the run from another thread some time after a node has started."""

    def __init__(self, node="long"):
        self._node, self._asked_s = node, 0.0

    def __call__(self, event):
        if isinstance(event, RunStarted):
            self.cancel = event.cancel
        if isinstance(event, NodeStarted) and event.name == self._node:
            threading.Timer(0.3, self._cancel).start()

    def _cancel(self):
        self._asked_s = time.process_time()
        self.cancel()

    def run(self, pipeline, **options):
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(listeners=[self], **options)
        return {name: result.status for name, result in pipeline._outcome.results.items()}

    @property
    def core_s(self):
        """CPU time of the process since, a core: where others keep the cores busy, that is no more."""
        return (time.process_time() - self._asked_s) / usable_cpus()


def in_a_thread(work):
    """Return what `work` returns in a thread that is not the main one."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(120)
    return found[0]


def here(work):
    return work()


@pytest.mark.parametrize("place", [here, in_a_thread])
@pytest.mark.parametrize("workers", [1, 2])
def test_sql_stops_within_a_second_wherever_the_run_goes_on(project, workers, place):
    pipeline = project.pipeline(sql("long", LONG_SQL), sql("later", "FROM long"))
    cancelled = Cancelled()
    assert place(lambda: cancelled.run(pipeline, workers=workers)) == {"long": "cancelled", "later": "cancelled"}
    assert cancelled.core_s < 1


def test_a_python_node_that_sleeps_on_the_main_thread_is_reached(project):
    came_to = []

    def sleeps():
        time.sleep(60)
        came_to.append("its end")

    project.functions.register(sleeps)
    assert Cancelled("sleeps").run(project.pipeline(python("sleeps"))) == {"sleeps": "cancelled"}
    assert came_to == []


def test_in_another_thread_a_python_node_ends_first_and_the_main_thread_is_left_alone(project, monkeypatch):
    stopped, ended = threading.Event(), []

    def goes_on():
        ended.append(stopped.wait(120))
        return pd.DataFrame({"a": [1]})

    project.functions.register(goes_on)
    pipeline = project.pipeline(python("goes_on"), sql("later", "FROM goes_on"))
    interrupt = pipeline._engine.interrupt
    monkeypatch.setattr(pipeline._engine, "interrupt", lambda: (interrupt(), stopped.set()))
    statuses = in_a_thread(lambda: Cancelled("goes_on").run(pipeline))
    assert statuses == {"goes_on": "cancelled", "later": "cancelled"}
    assert ended == [True]


def test_a_run_that_has_ended_is_left_alone(project):
    started = []
    pipeline = project.pipeline(sql("quick", "SELECT 1 AS a"))
    pipeline.run(listeners=[lambda event: started.append(event) if isinstance(event, RunStarted) else None])
    started[0].cancel()
    time.sleep(0.1)  # a signal would end this
    assert pipeline.run().completed == ["quick"]


def test_who_asks_twice_interrupts_once(project):
    cancelled = Cancelled()
    cancelled.run(project.pipeline(sql("long", LONG_SQL)))
    cancelled.cancel()
    time.sleep(0.1)


class Gone:
    """Hit by Ctrl-C when it goes."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_that_hits_a_finalizer_ends_the_run_all_the_same():
    before = sys.unraisablehook

    def work():
        with Cancelling(lambda: None).here():
            Gone()
            time.sleep(10)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert sys.unraisablehook is before

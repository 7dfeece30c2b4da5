"""A run that another thread ends: as by Ctrl-C, wherever it goes on, and nothing else is hit."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pandas as pd
import pytest
from pipeline.project import python, sql

from odibi_nb.runner import RunStarted
from odibi_nb.runner.cancelling import Cancelling

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")
LONG_SQL = "SELECT count(*) AS n FROM range(10000000000) t(i) WHERE sqrt(i) = -1"


class Cancelled:
    """A listener that cancels the run from another thread some time after it began."""

    def __init__(self, after_s=0.5):
        self.after_s, self.asked = after_s, 0.0

    def __call__(self, event):
        if isinstance(event, RunStarted):
            self.cancel = event.cancel
            threading.Timer(self.after_s, self._cancel).start()

    def _cancel(self):
        self.asked = time.monotonic()
        self.cancel()

    def run(self, pipeline, **options):
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(listeners=[self], **options)
        self.seconds = time.monotonic() - self.asked
        return {name: result.status for name, result in pipeline._outcome.results.items()}


def in_a_thread(work):
    """Return what `work` returns in a thread that is not the main one."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(20)
    return found[0]


def here(work):
    return work()


@pytest.mark.parametrize("place", [here, in_a_thread])
@pytest.mark.parametrize("workers", [1, 2])
def test_sql_stops_within_a_second_wherever_the_run_goes_on(project, workers, place):
    pipeline = project.pipeline(sql("long", LONG_SQL), sql("later", "FROM long"))
    cancelled = Cancelled()
    assert place(lambda: cancelled.run(pipeline, workers=workers)) == {"long": "cancelled", "later": "cancelled"}
    assert cancelled.seconds < 1


def test_a_python_node_that_sleeps_on_the_main_thread_is_reached(project):
    def sleeps():
        time.sleep(30)

    project.functions.register(sleeps)
    cancelled = Cancelled()
    assert cancelled.run(project.pipeline(python("sleeps"))) == {"sleeps": "cancelled"}
    assert cancelled.seconds < 1


def test_in_another_thread_a_python_node_ends_first_and_the_main_thread_is_left_alone(project):
    def sleeps():
        time.sleep(1)
        return pd.DataFrame({"a": [1]})

    project.functions.register(sleeps)
    pipeline = project.pipeline(python("sleeps"), sql("later", "FROM sleeps"))
    cancelled = Cancelled(0.2)
    assert in_a_thread(lambda: cancelled.run(pipeline)) == {"sleeps": "cancelled", "later": "cancelled"}
    assert 0.5 < cancelled.seconds < 2


def test_a_run_that_has_ended_is_left_alone(project):
    started = []
    pipeline = project.pipeline(sql("quick", "SELECT 1 AS a"))
    pipeline.run(listeners=[lambda event: started.append(event) if isinstance(event, RunStarted) else None])
    started[0].cancel()
    time.sleep(0.1)  # a signal would end this
    assert pipeline.run().completed == ["quick"]


def test_who_asks_twice_interrupts_once(project):
    cancelled = Cancelled(0.3)
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

"""The model of a run on the page: what is sent to the browser, when, and what it may ask for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from odibi_nb.notebook.pacing import Pace
from odibi_nb.views import ErrorView, NodeFailureView, RunningNodeView, RunProgressView
from odibi_nb.widgets.run import RunWidget, progress_of

HOSTILE = "<img src=x onerror=alert(1)>"
VIEW = RunProgressView(
    "sales",
    "running",
    4,
    finished=(("failed", 1), ("completed", 1)),
    running=(RunningNodeView("slow", 1.239, 2.0), RunningNodeView("new", 0.5)),
    failed=(NodeFailureView("bad", ErrorView("ValueError", HOSTILE, "", None, None, None, None)),),
    elapsed_s=4.0,
    unknown=1,
)


def test_a_state_is_plain_values_with_errors_as_html_without_the_users_markup() -> None:
    state = progress_of(VIEW)
    assert json.loads(json.dumps(state)) == state
    assert (state["nodes"], state["done"], state["left"], state["unknown"]) == (4, 2, None, 1)
    assert state["finished"] == [["completed", 1, "✓"], ["failed", 1, "✗"]]
    assert state["running"][0] == {"name": "slow", "elapsed": 1.24, "expected": 2.0}
    assert HOSTILE not in state["failed"][0]["html"]
    assert "&lt;img src=x" in state["failed"][0]["html"]


def test_it_asks_to_cancel_and_shows_what_comes_later() -> None:
    asked = list[str]()

    def answer(question: Any) -> dict[str, Any]:
        asked.append(question["what"])
        return {}

    widget = RunWidget(VIEW, answer)
    widget._handle_custom_msg({"id": "q1", "what": "cancel"}, [])
    widget.show_run(replace(VIEW, status="cancelled", running=()))
    assert asked == ["cancel"]
    assert (widget.progress["status"], widget.progress["running"]) == ("cancelled", [])


def test_nothing_of_it_stays_in_the_kernel_once_it_is_closed() -> None:
    widget = RunWidget(VIEW, lambda question: {})
    layout = widget.layout
    widget.close()
    assert widget.comm is None
    assert layout.comm is None


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_many_things_are_told_at_most_ten_times_a_second_and_the_last_always() -> None:
    sent = list[float]()
    pace = Pace(lambda: sent.append(time.monotonic()))
    begun = time.monotonic()
    while time.monotonic() < begun + 0.5:
        pace.soon()
        time.sleep(0.001)
    ended = time.monotonic()
    wait_for(lambda: bool(sent) and sent[-1] > ended)
    assert len(sent) <= (sent[-1] - begun) * 10 + 1


def test_what_is_told_now_is_not_told_again() -> None:
    sent = list[float]()
    pace = Pace(lambda: sent.append(time.monotonic()), settling_s=1.0)
    pace.soon()
    pace.now()
    time.sleep(1.3)
    assert len(sent) == 1


def test_the_one_who_has_something_to_tell_never_sends_itself() -> None:
    threads = list[threading.Thread]()
    pace = Pace(lambda: threads.append(threading.current_thread()))
    pace.soon()
    wait_for(lambda: bool(threads))
    assert threading.main_thread() not in threads


def test_a_failure_to_tell_is_shown_and_the_next_thing_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries, shown = list[float](), list[str]()
    monkeypatch.setattr(threading, "excepthook", lambda failed: shown.append(str(failed.exc_value)))

    def send() -> None:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise OSError("the page is gone")

    pace = Pace(send)
    pace.soon()
    wait_for(lambda: bool(shown))
    pace.soon()
    wait_for(lambda: len(tries) == 2)
    assert shown == ["the page is gone"]

"""What a run says in a terminal while it goes on."""

from __future__ import annotations

import io
import time

import pytest

from odibi_nb.capture import NodeOutput
from odibi_nb.commands.progress import NodeOutputs, Progress, is_live
from odibi_nb.runner import NodeFinished, NodeResult, NodeStarted, RunFinished, RunOutcome, RunStarted


def _finished(name: str, printed: str = "") -> NodeFinished:
    output = NodeOutput()
    output.write(printed)
    return NodeFinished(NodeResult(name, "completed", output=output))


def test_one_line_names_what_runs_and_is_erased_at_the_end() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for event in (RunStarted(("a", "b")), NodeStarted("a"), _finished("a"), RunFinished(RunOutcome())):
        progress(event)
    assert "\n" not in stream.getvalue()
    assert "0/2" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")


def test_it_writes_at_most_ten_times_a_second() -> None:
    stream, begun = io.StringIO(), time.monotonic()
    progress = Progress(stream)
    progress(RunStarted(tuple(map(str, range(1000)))))
    for name in range(1000):
        progress(NodeStarted(str(name)))
        progress(_finished(str(name)))
    assert stream.getvalue().count("\r") <= (time.monotonic() - begun) * 10 + 1


def test_what_starts_right_after_a_line_is_named_all_the_same() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for event in (RunStarted(("a", "b")), NodeStarted("a"), _finished("a"), NodeStarted("b")):
        progress(event)
    deadline = time.monotonic() + 10
    while not stream.getvalue().endswith("1/2 · running b") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stream.getvalue().endswith("1/2 · running b")
    progress(RunFinished(RunOutcome()))
    assert stream.getvalue().endswith("\x1b[2K")


def test_a_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = io.StringIO()
    Progress(stream)(NodeStarted("x" * 200))
    assert len(stream.getvalue().removeprefix("\r\x1b[2K")) < 40


def test_what_nodes_print_is_passed_on_under_their_names() -> None:
    stream = io.StringIO()
    NodeOutputs(stream)(_finished("a", "one\ntwo\n"))
    assert stream.getvalue() == "a | one\na | two\n"


def test_a_stream_without_an_encoding_is_no_terminal() -> None:
    assert not is_live(io.StringIO())

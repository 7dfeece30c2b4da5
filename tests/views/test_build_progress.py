"""How far a run is, as its events tell it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.runner import Event, NodeFinished, NodeResult, NodeStarted, RunStarted
from odibi_nb.views import RunProgressView
from odibi_nb.views.build_progress import RunFollower, time_left_s
from odibi_nb.workspaces import RunRequest


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    workspace.node("a", "SELECT 1 AS x", materialize="table")
    workspace.node("b", "import time\ntime.sleep(0.3)\na.assign(y=2)")
    workspace.node("bad", "raise ValueError('no')")
    yield workspace
    workspace.close()


class Watch:
    """A listener that looks at each event how far the run is."""

    def __init__(self, ws: Workspace) -> None:
        self.ws, self.seen = ws, list[RunProgressView]()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.follower = RunFollower(self.ws, event, self.ws.durations)
        else:
            self.follower.take(event)
        self.seen.append(self.follower.view())


def following(ws: Workspace, names: str, *, workers: int = 1, **expected: float) -> RunFollower:
    return RunFollower(ws, RunStarted(tuple(names), workers), lambda _: expected)


def test_a_first_run_says_what_runs_what_has_ended_and_that_its_time_is_unknown(ws: Workspace) -> None:
    watch = Watch(ws)
    ws.attempt(RunRequest(), [watch])
    first, last = watch.seen[0], watch.seen[-1]
    assert (first.status, first.nodes, first.done, first.left_s, first.unknown) == ("running", 3, 0, None, 3)
    assert {one.name: one.expected_s for view in watch.seen for one in view.running} == {
        "a": None,
        "b": None,
        "bad": None,
    }
    assert (last.status, last.done, dict(last.finished)) == ("failed", 3, {"completed": 2, "failed": 1})
    assert [(one.node, one.error.message) for one in last.failed] == [("bad", "no")]
    assert json.loads(json.dumps(asdict(last)))["failed"][0]["node"] == "bad"


def test_the_next_run_is_expected_to_take_what_the_last_one_took(ws: Workspace) -> None:
    ws.attempt(RunRequest())
    took_s, watch = sum(ws.durations(["a", "b"]).values()), Watch(ws)
    ws.attempt(RunRequest(("b",), force=True), [watch])
    assert took_s > 0.3
    assert watch.seen[0].left_s == pytest.approx(took_s)
    assert watch.seen[-1].left_s == 0
    assert list(ws.durations(["a", "b", "bad"])) == ["a", "b"]


def test_an_interrupt_doesnt_make_a_nodes_time_unknown(ws: Workspace) -> None:
    ws.run("b")
    known = ws.durations(["b"])

    def interrupts(event: Event) -> None:
        if isinstance(event, NodeStarted) and event.name == "b":
            raise KeyboardInterrupt

    assert ws.attempt(RunRequest(("b",), force=True), [interrupts]).interrupted
    assert ws.durations(["b"]) == known


def test_a_lazy_node_no_longer_runs_once_its_worker_starts_the_next_one(ws: Workspace) -> None:
    run = following(ws, "ab")
    run.take(NodeStarted("a"))
    run.take(NodeStarted("b"))
    assert [one.name for one in run.view().running] == ["b"]
    run.take(NodeFinished(NodeResult("b", "failed")))
    assert [one.name for one in run.view().running] == ["a"]


def test_what_runs_counts_down_and_never_below_what_comes_after_it(ws: Workspace) -> None:
    run = following(ws, "ab", a=0.1, b=5)
    run.take(NodeStarted("a"))
    time.sleep(0.2)
    view = run.view()
    assert (view.left_s, view.then_s) == (5, 5)
    assert view.running[0].elapsed_s >= 0.2


def test_with_several_workers_the_longest_path_counts(ws: Workspace) -> None:
    assert following(ws, "ab", workers=2, a=3, b=4).view().left_s == 7
    above = {"c": ("a",), "d": ("b",)}
    assert time_left_s({"a": 5, "b": 1, "c": 5, "d": 1}, above, workers=2) == 10
    assert time_left_s({"a": 1, "b": 1, "c": 1, "d": 1}, {}, workers=2) == 2
    assert time_left_s({"a": 1, "b": 1}, {}, workers=1) == 2
    assert time_left_s({}, {}, workers=2) == 0

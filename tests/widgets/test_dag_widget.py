"""The live graph's model: what is sent to the browser, and when."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances

from odibi_nb import Workspace
from odibi_nb.notebook.between_cells import BetweenCells
from odibi_nb.notebook.live import LiveGraphs
from odibi_nb.notebook.on_page import Cell
from odibi_nb.runner import Event, NodeStarted
from odibi_nb.views import DagNodeView, DagView
from odibi_nb.widgets.dag import DagWidget, graph_of, state_of
from odibi_nb.workspaces.jobs import RunRequest

HOSTILE = "<img src=x onerror=alert(1)>"
VIEW = DagView(
    "sales",
    (DagNodeView("load", "source", "completed", "3", "5 ms", ("raw",)), DagNodeView("clean", "sql", "pending")),
    (("load", "clean"),),
)


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path)
    made.node("a", "SELECT 1 AS x", materialize="table")  # lazy rows are done only with what reads them
    made.node("b", "import time\ntime.sleep(0.3)\na.assign(y=2)")
    yield made
    made.close()


@pytest.fixture
def live(ws: Workspace) -> Iterator[LiveGraphs]:
    made = LiveGraphs(ws, BetweenCells(lambda work: work()))
    ws.listeners.append(made)
    yield made
    made.close()


def shown(live: LiveGraphs, ws: Workspace, cell: Cell | None = None) -> DagWidget:
    return live.graph(lambda: list(ws), cell)


def statuses(widget: DagWidget) -> dict[str, str]:
    return {name: state["status"] for name, state in widget.states.items()}


def test_a_graph_is_plain_values_with_places() -> None:
    graph = graph_of(VIEW)
    assert json.loads(json.dumps(graph)) == graph
    load, clean = graph["nodes"]
    assert (load["name"], load["tags"], load["kind"]) == ("load", ["raw"], "source")
    assert clean["x"] >= load["x"] + graph["card"][0]
    assert [edge[:2] for edge in graph["edges"]] == [["load", "clean"]]


def test_a_state_is_said_in_words() -> None:
    assert state_of(VIEW.nodes[0]) == {
        "status": "completed",
        "line": "3 rows · 5 ms",
        "said": "load · source · completed · 3 rows · 5 ms",
    }


def test_cards_are_html_without_markup_of_the_users(ws: Workspace, live: LiveGraphs) -> None:
    ws.node("a", f"SELECT '{HOSTILE}' AS x")
    ws.run_cell("a")
    card = shown(live, ws).cards["a"]
    assert HOSTILE not in card
    assert "&lt;img src=x onerror" in card


def test_it_follows_a_run_and_ends_with_what_holds(
    ws: Workspace, live: LiveGraphs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_seen = "for _ in range(1500):\n    if pathlib.Path('seen').exists():\n        break\n    time.sleep(0.02)\n"
    ws.node("b", f"import pathlib, time\n{until_seen}a.assign(y=2)")
    monkeypatch.chdir(tmp_path)
    widget, seen = shown(live, ws), list[dict[str, str]]()

    def look(change: object) -> None:
        seen.append(statuses(widget))
        if seen[-1] == {"a": "completed", "b": "running"}:
            (tmp_path / "seen").touch()

    widget.observe(look, names="states")
    ws.attempt(RunRequest())
    live.refresh()
    assert {"a": "completed", "b": "running"} in seen
    assert seen[-1] == {"a": "completed", "b": "completed"}
    assert "1 row" in widget.states["b"]["line"]
    assert "y" in widget.cards["b"]


def test_words_are_made_anew_for_nodes_that_changed_only() -> None:
    widget = DagWidget(VIEW, lambda question: {})
    load, clean = (widget.states[node.name] for node in VIEW.nodes)
    widget.show_graph(replace(VIEW, nodes=(VIEW.nodes[0], replace(VIEW.nodes[1], status="running"))))
    assert widget.states["load"] is load
    assert (clean["status"], widget.states["clean"]["status"]) == (VIEW.nodes[1].status, "running")
    widget.close()


def test_many_fast_nodes_are_told_at_most_ten_times_a_second(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    for number in range(200):
        ws.node(f"n{number}", f"SELECT {number} AS x")
    live = LiveGraphs(ws, BetweenCells(lambda work: work()))
    ws.listeners.append(live)
    widget, seen = shown(live, ws), list[float]()
    widget.observe(lambda change: seen.append(time.monotonic()), names="states")
    start = time.monotonic()
    ws.attempt(RunRequest())
    live.refresh()
    assert len(seen) <= (time.monotonic() - start) * 10 + 3
    assert set(statuses(widget).values()) == {"completed"}
    live.close()
    ws.close()


def test_an_edit_shows_and_a_new_node_too(ws: Workspace, live: LiveGraphs) -> None:
    widget = shown(live, ws)
    ws.run()
    ws.node("a", "SELECT 2 AS x")
    ws.node("c", "SELECT * FROM b")
    live.refresh()
    assert statuses(widget) == {"a": "stale", "b": "stale", "c": "pending"}
    assert [node["name"] for node in widget.graph["nodes"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("what", "told"), [("run", "completed"), ("plan", "never run"), ("mock", "MOCK"), ("downstream", "completed")]
)
def test_a_button_acts_and_answers(ws: Workspace, live: LiveGraphs, what: str, told: str) -> None:
    widget, sent = shown(live, ws), list[dict[str, str]]()
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    widget._handle_custom_msg({"id": "q1", "what": what, "node": "b"}, [])
    answer = sent[-1]
    assert answer["id"] == "q1"
    assert told in answer["html"]


def test_rows_of_a_node_are_answered_too(ws: Workspace, live: LiveGraphs) -> None:
    ws.run()
    widget, sent = shown(live, ws), list[dict[str, object]]()
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    widget._handle_custom_msg({"id": "q1", "what": "rows.open", "view": "v", "node": "b"}, [])
    deadline = time.monotonic() + 30
    while len(sent) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sent[-1].items() >= {"id": "q1", "rows": 1}.items()


def test_a_cell_that_runs_again_replaces_its_graph(ws: Workspace, live: LiveGraphs) -> None:
    first, beside = shown(live, ws, ("cell", "1")), shown(live, ws, ("cell", "1"))
    other, second = shown(live, ws, ("other", "1")), shown(live, ws, ("cell", "2"))
    assert [one.comm is None for one in (first, beside, other, second)] == [True, True, False, False]
    ws.run()
    live.refresh()
    assert statuses(second)["b"] == "completed"
    assert statuses(first)["b"] == "pending"


def test_a_graph_of_a_node_that_is_gone_stays_as_it_was(ws: Workspace, live: LiveGraphs) -> None:
    widget = live.graph(lambda: ws.select(["b"], ()), None)
    ws.drop("b")
    live.refresh()
    assert statuses(widget) == {"b": "pending"}


def test_only_cards_that_are_others_now_are_made_anew(
    ws: Workspace, live: LiveGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget, sent = shown(live, ws), list[set[str]]()
    monkeypatch.setattr(widget, "show_cards", lambda cards: sent.append(set(cards)))
    live.refresh()
    ws.run_cell("a")
    live.refresh()
    ws.run()
    live.refresh()
    ws.node("c", "SELECT * FROM nowhere")
    live.refresh()
    ws.node("nowhere", "SELECT 1 AS x")
    live.refresh()
    assert sent == [{"a"}, {"b"}, {"c"}, {"c", "nowhere"}]


def test_what_changed_is_compared_only_for_an_opened_card(ws: Workspace, live: LiveGraphs) -> None:
    widget = shown(live, ws)
    ws.run()
    ws.node("a", "SELECT 5 AS x")
    ws.run()
    live.refresh()
    assert "odibi-changes" not in widget.cards["a"]
    widget._handle_custom_msg({"id": "q", "what": "card", "node": "a"}, [])
    assert "odibi-changes" in widget.cards["a"]
    live.refresh()
    assert "odibi-changes" in widget.cards["a"]


def test_a_run_on_mock_rows_is_not_taken_for_a_real_one(ws: Workspace, live: LiveGraphs) -> None:
    widget, seen = shown(live, ws), list[dict[str, str]]()
    widget.observe(lambda change: seen.append(statuses(widget)), names="states")
    ws.run(mock="auto")
    live.refresh()
    assert seen == []
    assert set(statuses(widget).values()) == {"pending"}


def answers(widget: DagWidget) -> list[dict[str, object]]:
    """Return the list that the widget's answers go to from now on."""
    sent: list[dict[str, object]] = []
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    return sent


def test_the_page_collapses_and_expands_groups(ws: Workspace, live: LiveGraphs) -> None:
    for name in ("c", "d"):
        ws.node(name, "SELECT * FROM b", tags=["mart"])
    widget = shown(live, ws)
    assert widget.graph["groupings"] == ["tag", "layer"]
    widget.grouping = {"by": "tag", "expanded": []}
    assert {one["name"]: one["members"] for one in widget.graph["nodes"]} == {"a": [], "b": [], "tag mart": ["c", "d"]}
    assert statuses(widget) == dict.fromkeys(["a", "b", "c", "d", "tag mart"], "pending")
    assert widget.states["tag mart"]["line"] == "2 nodes · pending"
    ws.run_cell("c")
    live.refresh()
    assert widget.states["tag mart"]["line"] == "2 nodes · 1 pending"
    widget.grouping = {"by": "tag", "expanded": ["tag mart"]}
    assert [one["name"] for one in widget.graph["nodes"]] == ["a", "b", "c", "d"]


def test_a_graph_that_is_collapsed_from_the_start(ws: Workspace, live: LiveGraphs) -> None:
    ws.node("c", "SELECT 2 AS z")
    widget = live.graph(lambda: list(ws), None, collapse="layer")
    assert [one["name"] for one in widget.graph["nodes"]] == ["layer 1", "b"]


def test_what_the_page_says_of_groups_is_not_trusted(ws: Workspace, live: LiveGraphs) -> None:
    widget = shown(live, ws)
    widget.grouping = {"by": "<script>"}
    assert [one["name"] for one in widget.graph["nodes"]] == ["a", "b"]


def test_a_column_is_traced_through_nodes_to_files(ws: Workspace, live: LiveGraphs, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("k,v\n1,2\n", encoding="utf-8")
    ws.node("src", "SELECT k, v FROM 's.csv'")
    ws.node("out", "SELECT k, v + 1 AS w FROM src")
    ws.run()
    widget = shown(live, ws)
    sent = answers(widget)
    widget._handle_custom_msg({"id": "q", "what": "card", "node": "out"}, [])
    widget._handle_custom_msg({"id": "r", "what": "trace", "node": "out", "column": "w"}, [])
    card, trace = sent
    assert card["columns"] == ["k", "w"]
    columns = trace["columns"]
    assert isinstance(columns, dict)
    assert (columns["out"], columns["src"]) == (["w"], ["v"])
    assert ["src", "out"] in trace["edges"]  # type: ignore[operator]
    assert "s.csv" in str(trace["html"])


def test_a_column_that_is_not_there_is_one_error(ws: Workspace, live: LiveGraphs) -> None:
    widget = shown(live, ws)
    sent = answers(widget)
    widget._handle_custom_msg({"id": "q", "what": "trace", "node": "a", "column": "nope"}, [])
    assert "no column" in str(sent[0]["html"])
    assert "columns" not in sent[0]


def test_a_button_waits_for_the_cell_that_runs(ws: Workspace) -> None:
    between = BetweenCells(lambda work: work())
    live = LiveGraphs(ws, between)
    widget = shown(live, ws)
    sent = answers(widget)
    between.begin_cell()
    widget._handle_custom_msg({"id": "q", "what": "run", "node": "a"}, [])
    widget._handle_custom_msg({"id": "r", "what": "plan", "node": "a"}, [])
    assert sent[0] == {"id": "q", "working": True}
    assert [one["id"] for one in sent[1:]] == ["r"]
    assert ws.result("a") is None
    between.end_cell()
    assert [one["id"] for one in sent[1:]] == ["r", "q"]
    assert statuses(widget)["a"] == "completed"
    live.close()


def test_a_card_tells_how_the_tests_of_its_node_came_out(ws: Workspace, live: LiveGraphs) -> None:
    from odibi_nb.workspaces.declared import CellOrigin
    from odibi_nb.workspaces.node_tests import declared_test
    from odibi_nb.workspaces.testing import run_test

    ws.node("a", "SELECT 1 AS x", validation={"tests": [{"type": "not_null", "columns": ["x"]}]})
    test = ws.tests.put(declared_test("a one", "given: {}\nexpect: {count: 1}", CellOrigin()))
    widget = shown(live, ws)
    assert "1 expectation, 1 unit test" in widget.cards["a"]
    assert widget.cards["a"].count("<td>pending</td>") == 2
    assert run_test(ws, test).status == "passed"
    ws.run_cell("a")
    live.refresh()
    assert widget.cards["a"].count("<td>passed</td>") == 2
    ws.node("a", "SELECT 2 AS x")
    live.refresh()
    assert "<td>passed</td>" not in widget.cards["a"]


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_a_run_shows_how_far_it_is_and_can_be_cancelled(ws: Workspace, live: LiveGraphs) -> None:
    ws.node("slow", "import time\ntime.sleep(30)\n1")
    widget, seen = shown(live, ws), list[str]()
    answers(widget)

    def cancel(change: dict[str, dict[str, object]]) -> None:
        seen.append(str(change["new"]["status"]))
        if [one["name"] for one in change["new"]["running"]] == ["slow"]:  # type: ignore[attr-defined]
            widget._handle_custom_msg({"id": "q", "what": "cancel"}, [])

    widget.observe(cancel, "progress")
    widget._handle_custom_msg({"id": "r", "what": "run", "node": "slow"}, [])
    assert widget.states["slow"]["status"] == "cancelled"
    assert seen[-1] == "cancelled"
    widget._handle_custom_msg({"id": "s", "what": "cancel"}, [])  # nothing is left to cancel


def test_what_a_run_tells_stays_when_everything_is_shown_anew(ws: Workspace, live: LiveGraphs) -> None:
    widget, seen = shown(live, ws), list[dict[str, str]]()

    def look(event: Event) -> None:
        if isinstance(event, NodeStarted) and event.name == "b":
            live.refresh()  # another thread may do so: the inputs'
            seen.append(statuses(widget))

    ws.attempt(RunRequest(), [look])
    assert seen == [{"a": "completed", "b": "running"}]
    live.refresh()
    assert set(statuses(widget).values()) == {"completed"}


def test_a_question_that_fails_is_answered(ws: Workspace, live: LiveGraphs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    widget = shown(live, ws)
    sent = answers(widget)
    widget._handle_custom_msg({"id": "q", "what": "trace", "node": "a"}, [])  # of which column?
    monkeypatch.setattr(ws, "attempt", fail)
    widget._handle_custom_msg({"id": "r", "what": "run", "node": "a"}, [])
    assert sent[0] == {"id": "q", "problem": "KeyError: 'column'"}
    assert sent[-1] == {"id": "r", "problem": "KeyboardInterrupt"}


def test_cards_of_nodes_that_are_gone_are_not_kept(ws: Workspace, live: LiveGraphs) -> None:
    widget = shown(live, ws)
    assert set(widget.cards) == {"a", "b"}
    ws.drop("b")
    live.refresh()
    assert set(widget.cards) == {"a"}


def test_a_closed_graph_leaves_nothing_behind(ws: Workspace, live: LiveGraphs) -> None:
    known = len(_instances)
    widget = shown(live, ws)
    live.close()
    assert (widget.comm, len(_instances)) == (None, known)

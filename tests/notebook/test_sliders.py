"""Inputs for parameters that act: what they run, that the latest value wins, and that cells come first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from odibi_nb import Workspace
from odibi_nb.commands.base import LiveCard
from odibi_nb.config import ProjectConfig
from odibi_nb.notebook import sliders
from odibi_nb.notebook.between_cells import BetweenCells
from odibi_nb.notebook.live import LiveGraphs
from odibi_nb.notebook.live_views import LiveViews
from odibi_nb.notebook.sliders import LiveParameters
from odibi_nb.runner import Event, NodeFinished, NodeStarted
from odibi_nb.views.build import node_view
from odibi_nb.widgets.params import ParametersPanel

IMPORTS = "from datetime import date\nfrom typing import Literal\n"
HEAVY = "SELECT count(*) AS n, $least AS least FROM range(300_000_000) a(i) WHERE hash(i) % 7 >= $least"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path)
    made.configure(
        ProjectConfig(vars={"least": 3}, connections={"local": {"type": "local", "base_path": str(tmp_path)}})
    )
    made.node("numbers", "SELECT * FROM range(10) AS t(i)")
    made.node("kept", "SELECT * FROM numbers WHERE i >= $least")
    made.node("total", "SELECT sum(i) AS total FROM kept", write={"connection": "local", "path": "t.csv"})
    made.node("apart", "SELECT 1 AS x")
    yield made
    made.close()


@pytest.fixture
def live(ws: Workspace) -> Iterator[LiveParameters]:
    made = LiveParameters(ws)
    yield made
    made.close()


@pytest.fixture
def started(ws: Workspace) -> list[str]:
    names: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, NodeStarted):
            names.append(event.name)

    ws.listeners.append(listen)
    return names


def shown(live: LiveParameters, ws: Workspace, *selectors: str) -> ParametersPanel:
    return live.panel(lambda: ws.select(selectors), None)


def begin(panel: ParametersPanel) -> None:
    """Move the input of `heavy`, and wait until that is being computed."""
    panel.inputs["least"].control.value = 1
    wait_until(lambda: panel.outcome.state == {"name": "running", "words": "computing heavy"})
    time.sleep(0.2)  # the query begins


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert holds()


def move(live: LiveParameters, panel: ParametersPanel, name: str, value: Any) -> None:
    panel.inputs[name].control.value = value
    assert live.work.wait(20)


def error_of(panel: ParametersPanel, name: str) -> str:
    return str(panel.inputs[name]._error.value)


def test_moving_runs_only_what_depends_and_writes_nothing(
    ws: Workspace, live: LiveParameters, started: list[str], tmp_path: Path
) -> None:
    ws.run()
    (tmp_path / "t.csv").write_text("untouched")
    started.clear()
    panel = shown(live, ws)
    assert list(panel.inputs) == ["least"]
    assert list(panel.outcome.cards) == ["total"]
    assert "42" in panel.outcome.cards["total"]
    move(live, panel, "least", 5)
    assert started == ["kept", "total"]
    assert "35" in panel.outcome.cards["total"]
    assert (tmp_path / "t.csv").read_text() == "untouched"
    assert "nothing is written" in panel.outcome.state["words"]
    assert ws.params["least"] == 5
    plan = {one.name: one for one in ws.plan()}
    assert (plan["kept"].action, plan["total"].action, plan["total"].write) == ("cached", "cached", "write")


def test_a_card_tells_the_exact_number_of_rows(ws: Workspace, live: LiveParameters) -> None:
    ws.node("many", "SELECT * FROM range(1000) AS t(i) WHERE i >= $least")
    panel = shown(live, ws, "many")
    move(live, panel, "least", 5)
    assert "995 rows" in panel.outcome.cards["many"]


def test_of_many_nodes_below_a_few_are_computed(ws: Workspace, live: LiveParameters, started: list[str]) -> None:
    for number in range(9):
        ws.node(f"n{number}", "SELECT * FROM kept")
    panel = shown(live, ws, "n*", "kept")
    move(live, panel, "least", 5)
    assert list(panel.outcome.cards) == [f"n{number}" for number in range(6)]
    assert "n6" not in started
    assert "3 more nodes: name those to see" in panel.outcome.state["words"]


def test_a_panel_of_a_node_that_is_gone_says_so(ws: Workspace, live: LiveParameters) -> None:
    panel = shown(live, ws, "kept")
    live.before_cell()
    ws.drop("kept")
    live.after_cell()
    move(live, panel, "least", 5)
    assert "matches no node" in panel.outcome.state["words"]


def test_only_the_selected_nodes_take_part(ws: Workspace, live: LiveParameters, started: list[str]) -> None:
    panel = shown(live, ws, "kept")
    move(live, panel, "least", 5)
    assert list(panel.outcome.cards) == ["kept"]
    assert started == ["numbers", "kept"]


def test_of_many_quick_moves_a_few_run_and_the_last_one_is_shown(
    ws: Workspace, live: LiveParameters, started: list[str]
) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "(10_000_000_000 * (6 - $least) + 1_000_000)"))
    ended: list[str] = []
    ws.listeners.append(lambda event: ended.append(event.result.status) if isinstance(event, NodeFinished) else None)
    panel = shown(live, ws, "heavy")
    for value in (0, 1, 2, 3, 4, 5) * 3 + (0, 6):
        panel.inputs["least"].control.value = value
        time.sleep(0.02)
    assert live.work.wait(60)
    assert ended.count("completed") == 1  # no move has waited for the one before it
    assert ws.params["least"] == 6
    row = ws["heavy"].df().iloc[0]
    assert row["least"] == 6
    assert str(row["n"]) in panel.outcome.cards["heavy"]
    assert 1 <= len(started) <= 21


def test_a_long_query_ends_when_its_value_is_the_latest_no_more(ws: Workspace, live: LiveParameters) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "(30_000_000_000 * (6 - $least))"))
    panel = shown(live, ws, "heavy")
    begin(panel)
    move(live, panel, "least", 6)
    assert ws["heavy"].df()["least"].tolist() == [6]


def test_a_cell_comes_first_and_sees_the_value(ws: Workspace, live: LiveParameters) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "30_000_000_000"))
    panel = shown(live, ws, "heavy")
    begin(panel)
    live.before_cell()
    assert panel.outcome.state == {"name": "paused", "words": "paused while a cell runs"}
    panel.inputs["least"].control.value = 2
    assert ws.params["least"] == 1
    ws.node("heavy", "SELECT $least AS least")
    assert ws.run_cell("heavy").success
    live.after_cell()
    assert live.work.wait(20)
    assert ws["heavy"].df()["least"].tolist() == [2]
    assert panel.outcome.state["name"] == "idle"


def test_a_value_said_just_before_a_cell_is_set_for_it(ws: Workspace, live: LiveParameters) -> None:
    panel = shown(live, ws)
    panel.inputs["least"].control.value = 5
    live.before_cell()
    assert ws.params["least"] == 5
    live.after_cell()


def test_a_wrong_value_is_told_at_its_input_and_changes_nothing(ws: Workspace, live: LiveParameters) -> None:
    ws.node("n", "def n(day: int | None = None, tags=[1]):\n    return [{'d': day}]\n", returns="object")
    panel = shown(live, ws, "n")
    move(live, panel, "day", "<b>soon")
    assert "takes int | None, not &#x27;&lt;b&gt;soon&#x27;" in error_of(panel, "day")
    assert "day" not in ws.params
    move(live, panel, "tags", "[a: b: c]")
    assert "can&#x27;t be read" in error_of(panel, "tags")
    move(live, panel, "day", "5")
    assert error_of(panel, "day") == ""
    assert ws.params == {"least": 3, "day": 5}


def test_a_failing_node_shows_its_error_on_the_card(ws: Workspace, live: LiveParameters) -> None:
    ws.node("kept", "def kept(numbers, least):\n    assert least < 5, 'too much'\n    return numbers")
    panel = shown(live, ws, "kept+")
    move(live, panel, "least", 6)
    assert "too much" in panel.outcome.cards["total"]
    move(live, panel, "least", 4)
    assert "too much" not in panel.outcome.cards["total"]
    assert "45" in panel.outcome.cards["total"]


def test_a_failure_of_our_own_is_told(ws: Workspace, live: LiveParameters, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = shown(live, ws)

    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(ws, "run_cell", broken)
    move(live, panel, "least", 6)
    assert panel.outcome.state == {"name": "failed", "words": "RuntimeError: a bug"}
    monkeypatch.undo()
    move(live, panel, "least", 5)
    assert panel.outcome.state["name"] == "idle"


def test_reset_takes_back_what_this_session_said(ws: Workspace, live: LiveParameters) -> None:
    panel = shown(live, ws)
    one = panel.inputs["least"]
    assert one._button.disabled
    move(live, panel, "least", 6)
    assert not one._button.disabled
    one._button.click()
    assert live.work.wait(20)
    assert (one.control.value, one._button.disabled) == (3, True)
    assert [(used.value, used.origin) for used in ws.used_params()] == [(3, "vars")]


def test_inputs_follow_what_a_cell_sets_even_beyond_their_range(ws: Workspace, live: LiveParameters) -> None:
    panel = shown(live, ws)
    live.before_cell()
    ws.set_params({"least": 50})
    live.after_cell()
    assert panel.inputs["least"].control.value == 50
    assert not live.work.is_wanted
    assert 'data-status="pending"' in panel.outcome.cards["total"]


def test_two_panels_of_one_parameter_agree(ws: Workspace, live: LiveParameters) -> None:
    first, second = shown(live, ws, "kept"), live.panel(lambda: ws.select(["total", "kept"]), "other")
    move(live, first, "least", 6)
    assert second.inputs["least"].control.value == 6


@pytest.mark.parametrize(
    ("parameter", "said", "meant"),
    [
        ("x='a'", "b", "b"), ("x=True", False, False), ("x=0.5", 0.25, 0.25), ("x: Literal[1, 2] = 1", "2", 2),
        ("x: date = None", date(2024, 2, 3), date(2024, 2, 3)), ("x=['a']", "[a, b]", ["a", "b"]),
        ("x={'a': 1}", "{a: 2}", {"a": 2}), ("x=None", "7", 7),
    ],
)  # fmt: skip
def test_every_kind_of_input_sets_its_value(
    ws: Workspace, live: LiveParameters, parameter: str, said: Any, meant: Any
) -> None:
    ws.node("n", f"{IMPORTS}def n({parameter}):\n    return repr(x)\n", returns="object")
    panel = shown(live, ws, "n")
    move(live, panel, "x", said)
    assert error_of(panel, "x") == ""
    assert ws.params["x"] == meant
    assert ws["n"].value == repr(meant)


def typed(live: LiveParameters, panel: ParametersPanel, text: str) -> None:
    """Type a figure beside a slider, and wait until its card is there."""
    panel.inputs["x"].figure.value = text
    assert live.work.wait(20)


@pytest.mark.parametrize(
    ("parameter", "text", "meant"),
    [("x=1", "50", 50), ("x=0.5", "0.3333", 0.3333), ("x=1_000_000", "1234567", 1234567), ("x: int = 1", "-3", -3)],
)
def test_a_typed_figure_is_the_value(
    ws: Workspace, live: LiveParameters, parameter: str, text: str, meant: float
) -> None:
    ws.node("n", f"def n({parameter}):\n    return repr(x)\n", returns="object")
    panel = shown(live, ws, "n")
    typed(live, panel, text)
    one = panel.inputs["x"]
    assert (ws.params["x"], one.control.value, one.figure.value) == (meant, meant, text)
    assert one.control.min <= meant <= one.control.max


def test_a_figure_that_the_annotation_forbids_is_told_and_stays_to_be_put_right(
    ws: Workspace, live: LiveParameters
) -> None:
    ws.node("n", "def n(x: int = 1):\n    return repr(x)\n", returns="object")
    panel = shown(live, ws, "n")
    typed(live, panel, "many")
    assert "takes a whole number" in error_of(panel, "x")
    assert panel.inputs["x"].figure.value == "many"
    typed(live, panel, "2")
    assert (error_of(panel, "x"), ws.params["x"]) == ("", 2)


def test_an_empty_field_is_null_where_that_is_the_default(ws: Workspace, live: LiveParameters) -> None:
    ws.node("n", "def n(x: int | None = None):\n    return repr(x)\n", returns="object")
    panel = shown(live, ws, "n")
    for text, meant in (("1", 1), ("", None)):
        move(live, panel, "x", text)
        assert (error_of(panel, "x"), ws.params["x"]) == ("", meant)


def test_a_choice_of_an_enumeration_is_its_member(tmp_path: Path) -> None:
    shop = Enum("Shop", ["NORTH", "SOUTH"])
    ws = Workspace(tmp_path, namespace=lambda: {"Shop": shop})
    live = LiveParameters(ws)
    ws.node("n", "def n(x: Shop = Shop.NORTH):\n    return x.name\n", returns="object")
    panel = shown(live, ws)
    assert panel.inputs["x"].control.value == "NORTH"
    move(live, panel, "x", "SOUTH")
    assert (ws.params["x"], ws["n"].value) == (shop.SOUTH, "SOUTH")
    live.close()
    ws.close()


def test_what_takes_too_long_can_be_stopped(ws: Workspace, live: LiveParameters) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "30_000_000_000"))
    panel = shown(live, ws, "heavy")
    begin(panel)
    panel.outcome._handle_custom_msg({"what": "stop"}, [])
    assert live.work.wait(20)
    assert panel.outcome.state == {"name": "idle", "words": "stopped: move something to go on"}
    live.before_cell()
    live.after_cell()
    assert not live.work.is_wanted
    assert ws.params["least"] == 1


def test_a_button_of_a_graph_comes_first(ws: Workspace, live: LiveParameters) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "30_000_000_000"))
    graphs = LiveGraphs(ws, BetweenCells(lambda work: work()), live.aside)
    graph, panel, sent = graphs.graph(lambda: list(ws), None), shown(live, ws, "heavy"), list[dict[str, str]]()
    graph.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    begin(panel)
    graph._handle_custom_msg({"id": "1", "what": "run", "node": "apart"}, [])
    assert "completed" in sent[-1]["html"]
    assert live.work.is_wanted
    graphs.close()


def test_nothing_goes_on_once_it_is_closed(ws: Workspace, live: LiveParameters) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "30_000_000_000"))
    panel = shown(live, ws, "heavy")
    begin(panel)
    live.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "odibi-latest" and thread.is_alive()]
    assert panel.outcome.comm is None


def test_what_comes_after_a_run_is_told(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    told, comes = list[str](), threading.Event()

    def then() -> None:
        told.append(ws.status("total"))
        comes.set()

    live = LiveParameters(ws, then)
    panel = shown(live, ws)
    monkeypatch.setattr(sliders, "_QUIET_S", 30)
    move(live, panel, "least", 5)
    monkeypatch.setattr(sliders, "_QUIET_S", 0.1)
    move(live, panel, "least", 6)
    assert comes.wait(30)
    live.close()
    assert told == ["completed"]


def test_a_choice_follows_what_its_function_allows(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    live = LiveParameters(ws)
    body = f"{IMPORTS}def n(how: Literal[{{}}]):\n    return how\n"
    ws.node("n", body.format("'a', 'b'").replace("):", " = 'a'):"), returns="object")
    panel = shown(live, ws)
    live.before_cell()
    ws.node("n", body.format("'c', 'd'").replace("):", " = 'd'):"), returns="object")
    live.after_cell()
    control = panel.inputs["how"].control
    assert (control.options, control.value, dict(ws.params)) == (("c", "d"), "d", {})
    move(live, panel, "how", "c")
    assert ws.params == {"how": "c"}
    live.close()
    ws.close()


def test_inputs_go_on_after_one_of_them_could_not_follow(
    ws: Workspace, live: LiveParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = shown(live, ws)
    monkeypatch.setattr(panel.inputs["least"], "show", lambda *args, **options: 1 / 0)
    live.before_cell()
    with pytest.raises(ZeroDivisionError):
        live.after_cell()
    assert not live.work.is_paused


def test_a_cell_begins_when_no_other_picture_looks_any_more(ws: Workspace) -> None:
    looks, done = threading.Event(), list[bool]()

    def then() -> None:
        looks.set()
        time.sleep(0.3)
        done.append(True)

    live = LiveParameters(ws, then)
    move(live, shown(live, ws), "least", 5)
    assert looks.wait(30)
    live.before_cell()
    assert done == [True]
    live.after_cell()
    live.close()


def test_to_stop_one_panel_lets_the_others_go_on(ws: Workspace, live: LiveParameters) -> None:
    ws.node("heavy", HEAVY.replace("300_000_000", "30_000_000_000"))
    ws.node("light", "def light(size=1):\n    return [{'size': size}]\n", returns="object")
    heavy, light = shown(live, ws, "heavy"), shown(live, ws, "light")
    begin(heavy)
    light.inputs["size"].control.value = 2
    heavy.outcome._handle_custom_msg({"what": "stop"}, [])
    assert live.work.wait(30)
    assert (heavy.outcome.state["words"], light.outcome.state["name"]) == ("stopped: move something to go on", "idle")
    assert ws["light"].value == [{"size": 2}]


def test_cards_with_rows_hear_of_what_a_move_has_run(shell: InteractiveShell, ws: Workspace) -> None:
    ws.run()
    views = LiveViews(shell, ws)
    widget, _ = views.view(LiveCard(node_view(ws, "kept")), "one")
    sent = list[dict[str, Any]]()
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._handle_custom_msg({"id": "q", "what": "rows.open", "view": "v", "node": "kept"}, [])
    panel = views._inputs.panel(lambda: list(ws), "two")
    wait_until(lambda: len(sent) == 2)
    move(views._inputs, panel, "least", 5)
    wait_until(lambda: len(sent) >= 3)
    assert sent[2:] == [{"what": "rows.news", "view": "v", "news": "replaced", "stale": ""}]
    views._inputs.close()
    views._tables.close()

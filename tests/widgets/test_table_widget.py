"""The table's model and its answers: what is saved, what is only sent, and what is given back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.notebook.live_tables import LiveTables
from odibi_nb.notebook.on_page import Cell
from odibi_nb.notebook.rows import RowsAnswers
from odibi_nb.views import PageView, RowsView
from odibi_nb.views.build import node_view
from odibi_nb.widgets.base import module
from odibi_nb.widgets.table import TABLE, TableWidget

SECRET = "s3cret"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path)
    columns = f"i AS n, '{SECRET}, ' || i AS \"a \"\"name\", NULL::VARCHAR AS nothing, '' AS empty"
    made.node("a", f"SELECT {columns} FROM range(250) AS r(i)")
    made.run()
    yield made
    made.close()


@pytest.fixture
def answers(ws: Workspace) -> Iterator[RowsAnswers]:
    made = RowsAnswers(ws)
    yield made
    made.close()


def ask(answers: RowsAnswers, what: str, view: str = "v", **details: Any) -> dict[str, Any]:
    answer = answers({"what": f"rows.{what}", "view": view, **details}).result(timeout=60)
    received: dict[str, Any] = json.loads(json.dumps(answer))
    return received


def page(answers: RowsAnswers, **details: Any) -> dict[str, Any]:
    return ask(answers, "page", **{"first": 0, "rows": 3, "column": 0, "columns": 10, **details})


def made_tables(ws: Workspace) -> int:
    query = "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'order %' OR table_name = 'rows'"
    return int(ws.engine.inspect_many({}, lambda names, run: run(query))[0][0])


def test_opening_tells_columns_and_rows(answers: RowsAnswers) -> None:
    opened = ask(answers, "open", node="a")
    assert RowsView(**{name: opened[name] for name in RowsView.__slots__}).rows == 250
    assert [column["name"] for column in opened["columns"]] == ["n", 'a "name', "nothing", "empty"]
    assert opened["right_aligned"] == [True, False, False, False]
    assert (opened["news"], opened["stale"]) == ("", "")


def test_a_page_has_the_cells_that_were_asked_for(answers: RowsAnswers) -> None:
    ask(answers, "open", node="a")
    found = page(answers, first=200, column=1, columns=2)
    assert PageView(**{name: found[name] for name in PageView.__slots__}).total == 250
    assert found["rows"] == [[f"{SECRET}, {n}", None] for n in (200, 201, 202)]
    assert page(answers, first=249)["rows"] == [["249", f"{SECRET}, 249", None, ""]]
    assert page(answers, first=999)["rows"] == []


def test_a_page_is_sorted_and_filtered(answers: RowsAnswers) -> None:
    ask(answers, "open", node="a")
    found = page(answers, sort=[[0, True]], filters={"0": "< 100", "3": " "}, columns=1)
    assert (found["total"], found["rows"]) == (100, [["99"], ["98"], ["97"]])
    assert page(answers, filters={"0": "= ten"})["wrong"] == {"0": "'ten' is not a number (such as > 10)"}


def test_control_characters_are_shown_as_they_are_on_a_card(ws: Workspace, answers: RowsAnswers) -> None:
    ws.node("odd", "SELECT 'a' || chr(10) || chr(8238) || 'b' AS t")
    ws.run_cell("odd")
    ask(answers, "open", node="odd")
    assert page(answers)["rows"] == [["a↵�b"]]
    assert ask(answers, "value", first=0, column=0) == {"value": "a\n\u202eb"}


def test_a_csv_of_a_page_has_whole_values_and_tells_null_from_empty(ws: Workspace, answers: RowsAnswers) -> None:
    ws.node("texts", "SELECT 'say \"hi\", ' || repeat('x', 100) AS \"t,1\", NULL AS n, '' AS e, 'l' || chr(10) AS l")
    ws.run_cell("texts")
    ask(answers, "open", node="texts")
    csv = ask(answers, "csv", first=0, rows=10)["csv"]
    assert csv == f'"t,1",n,e,l\r\n"say ""hi"", {"x" * 100}",,"","l\n"\r\n'


def test_columns_are_summed_up_by_number(answers: RowsAnswers) -> None:
    ask(answers, "open", node="a")
    summaries = ask(answers, "summaries", columns=[2, 0])["summaries"]
    assert summaries["2"]["nulls"] == "250 (100%)"
    assert (summaries["0"]["low"], summaries["0"]["high"], len(summaries["0"]["bins"])) == ("0", "249", 10)


def test_a_problem_is_told_not_raised(answers: RowsAnswers, ws: Workspace) -> None:
    ws.node("never", "SELECT 1 AS x")
    assert "has no rows to look at: it is pending" in ask(answers, "open", node="never")["problem"]


def test_older_tables_are_closed_for_newer_ones_and_can_be_opened_again(ws: Workspace, answers: RowsAnswers) -> None:
    for number in range(9):
        ask(answers, "open", view=str(number), node="a")
        page(answers, view=str(number), sort=[[0, True]])
    assert page(answers, view="0") == {"closed": True}
    assert page(answers, view="8")["total"] == 250
    answers.close()
    wait_until(lambda: made_tables(ws) == 0)


def test_a_newer_question_of_the_same_table_supersedes_a_sort(ws: Workspace, answers: RowsAnswers) -> None:
    ws.node("many", "SELECT hash(i)::VARCHAR AS t FROM range(3_000_000) AS r(i)", materialize="table")
    ws.run_cell("many")
    ask(answers, "open", node="many")
    shape = {"first": 0, "rows": 1, "column": 0, "columns": 1}
    slow = answers({"what": "rows.page", "view": "v", "sort": [[0, False]], **shape})
    time.sleep(0.2)
    quick = answers({"what": "rows.page", "view": "v", "sort": [], **shape})
    assert quick.result(timeout=60)["total"] == 3_000_000
    assert slow.result(timeout=60) == {"superseded": True}


def test_news_are_told_once(ws: Workspace, answers: RowsAnswers) -> None:
    ask(answers, "open", node="a")
    assert answers.news() == {}
    ws.node("a", "SELECT 1 AS x")
    assert "code changed" in answers.news()["v"]["stale"]
    ws.run()
    assert answers.news() == {"v": {"news": "replaced", "stale": ""}}
    assert answers.news() == {}
    assert page(answers)["news"] == "replaced"
    reopened = ask(answers, "open", node="a")
    assert (reopened["rows"], reopened["news"]) == (1, "")


def shown(ws: Workspace, tables: LiveTables, cell: Cell | None = ("cell", "1")) -> TableWidget:
    return tables.card(node_view(ws, "a"), cell)


@pytest.fixture
def tables(ws: Workspace) -> Iterator[LiveTables]:
    made = LiveTables(ws)
    yield made
    made.close()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert holds()


def sent_by(widget: TableWidget) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    return sent


def test_no_row_is_ever_in_what_is_saved(ws: Workspace, tables: LiveTables) -> None:
    ws.options["preview"] = 0
    widget = shown(ws, tables)
    sent = sent_by(widget)
    for what, details in (
        ("open", {"node": "a"}),
        ("page", {"first": 0, "rows": 100, "column": 0, "columns": 4}),
        ("summaries", {"columns": [1]}),
    ):
        widget._handle_custom_msg({"id": what, "what": f"rows.{what}", "view": "v", **details}, [])
    wait_until(lambda: len(sent) == 6)
    assert SECRET in json.dumps(sent)
    saved = {name: value for name, value in widget.get_state().items() if name not in ("_esm", "_css")}
    assert SECRET not in json.dumps(saved["card"].partition("<summary>code")[0])
    assert SECRET not in json.dumps({name: value for name, value in saved.items() if name != "card"}, default=str)
    assert len(json.dumps(widget.get_state(), default=str)) < 100_000


def test_the_page_hears_that_it_is_worked_on_and_then_the_answer(ws: Workspace, tables: LiveTables) -> None:
    widget = shown(ws, tables)
    sent = sent_by(widget)
    widget._handle_custom_msg({"id": "q", "what": "rows.open", "view": "v", "node": "a"}, [])
    wait_until(lambda: len(sent) == 2)
    assert sent[0] == {"id": "q", "working": True}
    assert (sent[1]["id"], sent[1]["rows"]) == ("q", 250)


def test_a_cell_that_runs_again_gives_back_what_its_card_held(ws: Workspace, tables: LiveTables) -> None:
    first = shown(ws, tables)
    first._handle_custom_msg({"id": "q", "what": "rows.open", "view": "v", "node": "a"}, [])
    sort = {"first": 0, "rows": 1, "column": 0, "columns": 1, "sort": [[0, True]]}
    first._handle_custom_msg({"id": "p", "what": "rows.page", "view": "v", **sort}, [])
    wait_until(lambda: made_tables(ws) > 0)
    second = shown(ws, tables, ("cell", "2"))
    assert first.comm is None
    assert second.comm is not None
    wait_until(lambda: made_tables(ws) == 0)
    assert first.twin == second.twin


def test_cards_hear_of_newer_results_after_a_cell(ws: Workspace, tables: LiveTables) -> None:
    widget = shown(ws, tables)
    sent = sent_by(widget)
    widget._handle_custom_msg({"id": "q", "what": "rows.open", "view": "v", "node": "a"}, [])
    wait_until(lambda: len(sent) == 2)
    ws.run(force=True)
    tables.refresh()
    assert sent[2:] == [{"what": "rows.news", "view": "v", "news": "replaced", "stale": ""}]


def test_runs_and_questions_from_many_threads_do_not_disturb_each_other(ws: Workspace, answers: RowsAnswers) -> None:
    ws.node("b", "SELECT n, count(*) AS c FROM a GROUP BY n")
    totals: list[int] = []

    def look(view: str) -> None:
        ask(answers, "open", view=view, node="a")
        totals.extend(page(answers, view=view, sort=[[0, n % 2 > 0]])["total"] for n in range(10))

    threads = [threading.Thread(target=look, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        ws.run(force=True)
    for thread in threads:
        thread.join()
    assert totals == [250] * 40


def test_another_widget_can_show_rows_too() -> None:
    joined = module(*TABLE, "dag")
    assert "class TableView" in joined
    assert "function offerRows(preview, kernel, node, opened)" in joined
    assert joined.count("export default") == 1


def test_what_fails_otherwise_is_told_too(answers: RowsAnswers) -> None:
    ask(answers, "open", node="a")
    assert page(answers, filters={"9": "x"}) == {"problem": "IndexError: tuple index out of range"}

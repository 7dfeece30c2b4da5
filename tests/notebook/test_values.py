"""What a cell shows whose last line is a value of ours."""

from __future__ import annotations

import pytest

from tests.notebook.shells import LOAD, PROJECT, Notebook

COUNT = "%%odibi_node n\nSELECT count(*) AS sales FROM load_sales"


@pytest.fixture
def ws_nb(nb: Notebook) -> Notebook:
    nb.ok(PROJECT)
    nb.ok(LOAD)
    nb.ok(COUNT)
    nb.ok("import odibi_nb\nws = odibi_nb.workspace()")
    return nb


def shown(nb: Notebook, value: str) -> dict[str, str]:
    data, _ = nb.shell.display_formatter.format(nb.shell.ev(value))
    return data


def test_a_result_shows_its_card(ws_nb: Notebook) -> None:
    forms = shown(ws_nb, 'ws["n"]')
    assert forms["text/plain"].startswith("n · ✓ completed · 1 row")
    assert forms["text/plain"].splitlines()[1:] == ["sales", "─────", "    4"]
    assert "<table" in forms["text/html"]


def test_a_result_that_was_replaced_keeps_to_its_repr(ws_nb: Notebook) -> None:
    ws_nb.ok('old = ws["n"]')
    ws_nb.ok(COUNT.replace("count(*)", "count(*) + 1"))
    assert shown(ws_nb, "old") == {"text/plain": "<result of n: completed>"}
    ws_nb.ok("%odibi drop n")
    assert shown(ws_nb, "old") == {"text/plain": "<result of n: completed>"}


def test_a_node_that_failed_shows_why(ws_nb: Notebook) -> None:
    ws_nb.run("%%odibi_node bad\nSELECT nope FROM load_sales")
    assert "hint:" in shown(ws_nb, 'ws["bad"]')["text/plain"]


def test_mock_rows_are_told_apart(ws_nb: Notebook) -> None:
    ws_nb.ok("%%odibi_mock n\nload_sales: [{region: N, amount: 1}]")
    assert "[MOCK]" in shown(ws_nb, 'ws.trials["n"]')["text/plain"]
    assert "[MOCK]" not in shown(ws_nb, 'ws["n"]')["text/plain"]


def test_a_query_shows_its_rows(ws_nb: Notebook) -> None:
    forms = shown(ws_nb, 'ws.sql("SELECT sales + 1 AS more FROM n")')
    assert forms["text/plain"].splitlines()[1:] == ["more", "────", "   5"]


def test_a_run_shows_its_nodes(ws_nb: Notebook) -> None:
    ws_nb.ok('run = ws.run("n")')
    assert "load_sales  source  ≡ cached" in shown(ws_nb, "run")["text/plain"]
    ws_nb.ok("%odibi drop n")
    assert shown(ws_nb, "run") == {"text/plain": "<run completed: 2 cached>"}


def test_a_workspace_shows_the_status_of_its_nodes(ws_nb: Notebook) -> None:
    forms = shown(ws_nb, "ws")
    assert "n           sql     ✓ completed" in forms["text/plain"]
    assert "<table" in forms["text/html"]


def test_no_rows_are_shown_where_cards_show_none(ws_nb: Notebook) -> None:
    ws_nb.ok("%odibi set preview=0")
    assert len(shown(ws_nb, 'ws["n"]')["text/plain"].splitlines()) == 1

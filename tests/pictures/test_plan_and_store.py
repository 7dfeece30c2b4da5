"""A plan shows what becomes of results where any is computed; the store's picture says all that its text says."""

from __future__ import annotations

import pytest

from odibi_nb.pictures import plan_html, plan_text, store_html, store_text
from odibi_nb.views import PlanNodeView, PlanView
from odibi_nb.views.stored import StoredView, StoreView

CACHED = PlanNodeView("load", "cached", "computed 10:42")
RUNS = PlanNodeView("total", "run", "code changed", form="table", kept="table: its inputs are small")


WRITES = PlanNodeView("kept", "cached", "computed 10:42", write="write", write_reason="not written yet")


@pytest.mark.parametrize("nodes", [(CACHED,), (CACHED, RUNS), (CACHED, WRITES), (RUNS, WRITES)])
def test_what_becomes_of_results_and_files_has_a_column_where_it_is_told(
    nodes: tuple[PlanNodeView, ...],
) -> None:
    view, is_there = PlanView("sales", nodes), RUNS in nodes
    header = plan_text(view).splitlines()[1].split()
    written = ["write"] if WRITES in nodes else []
    assert header == ["node", "action", "why", *(["result"] if is_there else []), *written]
    assert ("write: not written yet" in plan_text(view)) == (WRITES in nodes)
    assert (">result</th>" in plan_html(view)) == is_there
    assert ("table: its inputs are small" in plan_text(view)) == is_there


def test_the_store_is_told_in_full_in_both_forms() -> None:
    rows = (StoredView("<load>", "1,000", "12 kB", "10:42", "10:43"),)
    view = StoreView("/sales/.odibi/store", "1 result, 12 kB of at most 10 GB", rows, ("model is not kept: <why>",))
    text, html = store_text(view), store_html(view)
    assert text.splitlines()[0] == "1 result, 12 kB of at most 10 GB · /sales/.odibi/store"
    assert text.splitlines()[-1] == "model is not kept: <why>"
    for said in ("1 result, 12 kB of at most 10 GB", "/sales/.odibi/store", "&lt;load&gt;", "&lt;why&gt;", "12 kB"):
        assert said in html
    assert "<load>" not in html


def test_an_empty_store_has_no_table() -> None:
    view = StoreView("/sales/.odibi/store", "0 results, 0 B of at most 10 GB", ())
    assert store_text(view) == "0 results, 0 B of at most 10 GB · /sales/.odibi/store"
    assert "<table" not in store_html(view)

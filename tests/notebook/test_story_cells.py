"""Stories and the run history in a notebook."""

from __future__ import annotations

import re
from pathlib import Path

from odibi_nb.history import RunHistory
from tests.notebook.shells import Notebook


def history() -> RunHistory:
    return RunHistory(Path(".odibi"))


def test_a_run_links_its_story_and_a_cell_shows_it(sales: Notebook) -> None:
    assert {run.door for run in history().runs(kind="cell")} == {"cell"}
    assert len(history().runs(kind="cell")) == 3
    ran = sales.ok("%odibi run")
    (run,) = history().runs()
    assert run.door == "cell"
    assert f"story: %odibi story show {run.short_id}\n" in ran.text
    link = re.search(r'href="(\.odibi/stories/[^"]+\.html)"', ran.html)
    assert link is not None
    assert Path(link[1]).is_file()
    shown = sales.ok(f"%odibi story show {run.short_id}")
    assert f"run {run.short_id} · " in shown.text
    assert f"story: {run.story}" in shown.text
    assert "<img" in shown.html
    assert "<script" not in shown.html
    assert run.short_id in sales.ok("%odibi story").text


def test_a_failing_run_leaves_its_story_and_raises(sales: Notebook) -> None:
    sales.run("%%odibi_node bad\ndef bad(clean_sales):\n    return clean_sales.nothing")
    sales.fails("%odibi run")
    (run,) = history().runs()
    assert (run.status, run.failed) == ("failed", ("bad",))
    page = Path(run.story).read_text("utf-8")
    assert page.index("no attribute") < page.index('id="nodes"')
    assert "no attribute" in sales.ok("%odibi story show latest").text


def test_sessions_are_compared(sales: Notebook) -> None:
    sales.ok("%odibi run", "%odibi params min_amount=1", "%odibi run")
    changed = sales.ok("%odibi story diff previous latest").text
    assert "parameter min_amount" in changed
    assert "clean_sales: " in changed
    assert "rows: 2 → 3" in sales.ok("%odibi diff clean_sales --run previous").text

from odibi_nb import pictures
from odibi_nb.views import NodeView, RunView

from . import samples


def test_a_run_is_its_sum_its_nodes_and_its_errors():
    assert pictures.run_text(samples.run()).splitlines() == [
        "sales ✗ failed · 3 nodes: 1 completed, 1 failed, 1 skipped · 1.2 s",
        "node       kind    status        rows   time",
        "─────────  ──────  ───────────  ─────  ─────  ─────────────────────────────────────────",
        "by_region  sql     ✓ completed  1,234  12 ms  MOCK · written to local:by_region.parquet",
        "clean      python  ✗ failed             8 ms",
        "save       sink    » skipped                  clean failed",
        "by_region | loading",
        "note: a note",
        "! warning: clean: positive: 2 bad rows",
        *(f"    {line}" for line in pictures.table_text(samples.table()).splitlines()),
        "",
        "clean",
        "KeyError: 'amont'",
        "  in cell 5",
        "  3 │     return df[df.amont]",
        "                    ^",
        "  hint: did you mean?",
    ]


def test_html_tells_the_same():
    text = samples.read(pictures.run_html(samples.run())).text
    assert text.startswith("sales ✗ failed · 3 nodes: 1 completed, 1 failed, 1 skipped · 1.2 s")
    for part in ("» skipped", "clean failed", "positive: 2 bad rows", "KeyError: 'amont'", "did you mean?"):
        assert part in text


def test_what_does_not_hold_of_a_node_stands_below_its_name_once():
    broken = (samples.bad_rows(), samples.bad_rows(status="warning"))
    view = RunView("sales", "failed", "1 s", (NodeView("clean", "sql", "failed", expectations=broken),))
    assert pictures.run_html(view).count("<b>clean</b>") == 1


def test_a_run_of_nothing_is_said():
    assert pictures.run_text(RunView("sales", "completed", "0 s", ())).startswith("sales ✓ completed · 0 nodes · 0 s")

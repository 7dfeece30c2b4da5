"""Lineages as trees and as a table."""

from __future__ import annotations

from dataclasses import replace

from odibi_nb.pictures import lineage_html, lineage_text
from odibi_nb.views import LineageColumnView, LineageEdgeView, LineageView

from . import samples


def _chain(length: int) -> LineageView:
    columns = tuple(LineageColumnView(f"n{number}", "a", "sql") for number in range(length))
    edges = tuple(LineageEdgeView(number + 1, number) for number in range(length - 1))
    return LineageView("n0", "a", "sql", columns, edges, (0,))


def test_the_trees_go_up_and_down() -> None:
    assert lineage_text(samples.lineage()).splitlines() == [
        "by_region.total · sql",
        "not all columns are known yet: unnest",
        "comes from",
        "  ? a macro",
        "  clean.amount · python",
        "    ? not traced",
        "    likely load.amount · source",
        "      no column: a constant, or a count of rows",
        "goes to",
        "  total in local:by_region.parquet · write",
        "  ? in x: y",
    ]


def test_html_says_the_same() -> None:
    for view in (samples.lineage(), replace(samples.lineage(), column="", asked=(0, 1))):
        shown = " ".join(samples.read(lineage_html(view)).text.split())
        words = lineage_text(view).replace("─", "").replace("  ", " ").split()
        assert [word for word in words if word not in shown] == []


def test_a_node_alone_is_a_line_a_column_with_reasons_below() -> None:
    view = replace(samples.lineage(), column="", asked=(0, 1, 2), note="")
    assert lineage_text(view).splitlines() == [
        "by_region · sql · 3 columns",
        "column  comes from                                 goes to",
        "──────  ─────────────────────────────────────────  ────────────────────────────────────",
        "total   clean.amount, ?1                           total in local:by_region.parquet, ?2",
        "amount  likely load.amount, ?3                     by_region.total",
        "amount  no column: a constant, or a count of rows  likely clean.amount",
        "?1 a macro",
        "?2 in x: y",
        "?3 not traced",
    ]


def test_a_node_without_known_columns_says_why() -> None:
    view = replace(samples.lineage(), column="", asked=())
    assert lineage_text(view) == "by_region · sql · 0 columns\nno column is known yet: unnest"
    assert "<table" not in lineage_html(view)


def test_what_has_been_shown_is_not_shown_again() -> None:
    columns = tuple(LineageColumnView(name, "a", "sql") for name in "abcd")
    edges = [LineageEdgeView(1, 0), LineageEdgeView(2, 0), LineageEdgeView(3, 1), LineageEdgeView(3, 2)]
    view = LineageView("a", "a", "sql", columns, (*edges, LineageEdgeView(2, 1)), (0,))
    assert lineage_text(view).splitlines()[2:-2] == [
        "  b.a · sql",
        "    d.a · sql",
        "    c.a · sql",
        "      d.a",
        "  c.a (as above)",
    ]


def test_a_very_long_lineage_is_cut() -> None:
    text = lineage_text(_chain(5_000))
    assert "  … and more" in text.splitlines()
    assert text.count("\n") < 300
    samples.read(lineage_html(_chain(5_000)))


def test_nothing_below_is_said() -> None:
    assert lineage_text(_chain(2)).splitlines()[-2:] == ["goes to", "  nothing"]

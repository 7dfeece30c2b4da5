"""`%odibi lineage …` in cells."""

from __future__ import annotations

from tests.notebook.shells import Notebook


def test_a_column_up_and_down_in_every_form(sales: Notebook) -> None:
    ran = sales.ok("%odibi lineage by_region.TOTAL")
    assert "likely load_sales.amount · source" in ran.text
    assert "total in local:by_region.parquet · write" in ran.text
    assert "<li>amount in local:sales.csv · read</li>" in ran.html
    assert "<script" not in ran.html


def test_a_node_alone_lists_its_columns(sales: Notebook) -> None:
    text = sales.ok("%odibi lineage clean_sales").text
    assert "clean_sales · python · 2 columns" in text
    assert "amount  likely load_sales.amount, ?1  by_region.total" in text


def test_an_unknown_column_suggests(sales: Notebook) -> None:
    assert sales.fails("%odibi lineage by_region.totl").hint == "did you mean 'total'?"


def test_it_needs_a_node(sales: Notebook) -> None:
    assert "NODE[.COLUMN] is missing" in str(sales.fails("%odibi lineage"))

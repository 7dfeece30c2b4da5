"""Hints that can be followed where they are read."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from odibi_nb.exceptions import FormatError, SourceNotFoundError
from odibi_nb.runner.hints import _EXTRAS
from tests.notebook.shells import LOAD, Notebook

IN_YAML = "read:\n  connection: local\n  path: {path}\n"


@pytest.fixture
def semicolons(nb: Notebook) -> Notebook:
    """A notebook with a file `semi.csv` that is cut by semicolons."""
    Path("data/semi.csv").write_text("id;zip\n1;00999\n2;00888\n")
    return nb


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("%odibi_node a --read local:semi.csv", "set --option sep=';' (or --option sep=',' if it is one column)"),
        (f"%%odibi_node a\n{IN_YAML.format(path='semi.csv')}", "set options: {sep: ';'} (or {sep: ','} if"),
        (
            '%%odibi_sql\nFROM "local:semi.csv"',
            "make it a node: %odibi_node NAME --read local:semi.csv; set --option sep=';'",
        ),
    ],
)
def test_options_of_a_read_are_named_as_its_node_is_declared(semicolons: Notebook, cell: str, hint: str) -> None:
    error = semicolons.fails(cell)
    assert isinstance(error, FormatError)
    assert str(error.hint).startswith(hint)


def test_options_on_the_line_may_be_flow_yaml(semicolons: Notebook) -> None:
    line = "--read local:semi.csv --option sep=';' --option \"types={zip: VARCHAR, id: INTEGER}\""
    semicolons.ok(f"%odibi_node shops {line}")
    assert [*semicolons.ws["shops"].schema] == [("id", "INTEGER"), ("zip", "VARCHAR")]
    error = semicolons.fails("%odibi_node n --read local:semi.csv --option 'types={zip: ]}'")
    assert "--option expects YAML in braces or brackets" in error.message


def test_a_format_is_named_as_its_node_is_declared(nb: Notebook) -> None:
    Path("data/x.foo").write_text("a\n1\n")
    assert str(nb.fails("%odibi_node n --read local:x.foo").hint).startswith("say --format, one of csv, ")
    assert str(nb.fails(f"%%odibi_node n\n{IN_YAML.format(path='x.foo')}").hint).startswith("set format: csv, ")
    assert str(nb.fails("%%odibi_node n --write local:n.foo\nSELECT 1 AS x").hint).startswith("say --format, ")


@pytest.mark.parametrize("cell", ["%odibi_node n --read disk:x.csv", '%%odibi_sql\nFROM "disk:x.csv"'])
def test_a_connection_that_nobody_has_configured_is_shown_as_it_is_written(nb: Notebook, cell: str) -> None:
    lines = "write a cell of two lines: %%odibi_project, and below it connections: {…, disk: {type: local, base_path: "
    assert str(nb.fails(cell).hint).startswith(lines)
    nb.ok("%odibi reset")
    hint = str(nb.fails(cell).hint)
    assert hint.endswith("below it connections: {disk: {type: local, base_path: ./data}}")
    nb.ok(f"%%odibi_project\n{hint.partition('below it ')[2]}")
    assert isinstance(nb.fails(cell), SourceNotFoundError)


@pytest.mark.parametrize(
    "cell", ["def n(load_sales: 'pl.DataFrame'):\n    return load_sales", "import polars.selectors\nload_sales"]
)
def test_a_package_of_an_extra_is_installed_by_its_name(
    nb: Notebook, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    nb.ok(LOAD)
    for module in [name for name in sys.modules if name.partition(".")[0] == "polars"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "polars", None)
    error = nb.fails(f"%%odibi_node n\n{cell}")
    assert (error.node, error.hint) == ("n", "pip install 'odibi_nb[polars]'")


def test_the_extras_that_hints_name_are_those_that_can_be_installed() -> None:
    extras = set(metadata.metadata("odibi_nb").get_all("Provides-Extra") or ())
    assert extras - {"test"} == set(_EXTRAS.values())


def test_keys_of_a_write_are_named_on_its_line(nb: Notebook) -> None:
    assert nb.fails("%%odibi_node n --write local:n.parquet --mode upsert\nSELECT 1 AS x").hint == "write --key id"

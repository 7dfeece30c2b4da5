"""Hints that can be followed where they are read."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from odibi_nb.exceptions import FormatError, SourceNotFoundError
from odibi_nb.runner.hints import _EXTRAS
from tests.notebook.shells import LOAD, PROJECT, Notebook

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
    for module in [name for name in list(sys.modules) if name.partition(".")[0] == "polars"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "polars", None)
    error = nb.fails(f"%%odibi_node n\n{cell}")
    assert (error.node, error.hint) == ("n", "pip install 'odibi_nb[polars]'")


def test_the_extras_that_hints_name_are_those_that_can_be_installed() -> None:
    extras = set(metadata.metadata("odibi_nb").get_all("Provides-Extra") or ())
    assert extras - {"test"} == set(_EXTRAS.values())


@pytest.mark.parametrize(
    ("cell", "name", "line", "column"),
    [
        ("%%odibi_node n\nSELECT region,\n  CAST($day AS DATE) AS d FROM load_sales", "day", 3, None),
        ("%%odibi_node n\nSELECT *\nFROM load_sales WHERE amount > $min_price", "min_price", 3, 32),
        ("%%odibi_sql\nSELECT\n  $day::DATE", "day", 3, None),
        ("%%odibi_node n\nSELECT strptime(region || $day, '%Y') AS d FROM load_sales", None, 2, None),
    ],
)
def test_a_bad_value_of_a_parameter_names_the_parameter(
    nb: Notebook, cell: str, name: str | None, line: int, column: int | None
) -> None:
    nb.ok(PROJECT.replace("min_amount: 100", "day: notaday, min_price: abc"), LOAD)
    error = nb.fails(cell)
    said = str(error.hint).startswith(f"that is the value of ${name}: ")
    assert (said, error.where.line) == (name is not None, line)
    assert column in (None, error.where.column)


@pytest.mark.parametrize("quote", "'\"")
def test_a_path_of_a_connection_in_a_nodes_sql_is_made_a_node(nb: Notebook, quote: str) -> None:
    hint = nb.fails(f"%%odibi_node n\nSELECT * FROM {quote}local:sales.csv{quote}").hint
    assert str(hint).endswith("make it a node: %odibi_node NAME --read local:sales.csv")
    assert str(nb.fails("%%odibi_node n\nSELECT * FROM 'sales.csv'").hint).startswith("paths of SQL start")


@pytest.mark.parametrize("magic", ["%%odibi_node two", "%%odibi_sql"])
@pytest.mark.parametrize("source", ["one c", "load_sales JOIN one AS c ON true"])
def test_a_column_that_an_aliased_node_of_few_rows_lacks_is_told_of_the_node(
    nb: Notebook, magic: str, source: str
) -> None:
    nb.ok(LOAD, "%%odibi_node one\nSELECT 1 AS area, 2 AS b")
    error = nb.fails(f"{magic}\nSELECT c.b,\n  c.aera\nFROM {source}\nWHERE c.aera = 1")
    assert error.message == "'one' has no column 'aera'"
    assert error.hint == "did you mean 'area'?"
    assert (error.where.line, error.where.column) == (3, 5)


def test_keys_of_a_write_are_named_on_its_line(nb: Notebook) -> None:
    assert nb.fails("%%odibi_node n --write local:n.parquet --mode upsert\nSELECT 1 AS x").hint == "write --key id"

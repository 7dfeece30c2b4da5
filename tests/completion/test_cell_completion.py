"""What is offered in cells, by a workspace with real results."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from odibi_nb.completion import Known, complete
from odibi_nb.exceptions import OdibiException
from odibi_nb.workspaces import Workspace
from tests.completion.conftest import Complete

Texts = Callable[[str], list[str]]
STEPS = "%%odibi_node x\nread: {connection: local, path: sales.csv}\ntransform:\n  steps:\n"
NODES = ["load_sales", "by_region", "odd", "not_run", "waiting"]


@pytest.mark.parametrize(
    ("cell", "first"),
    [
        ("%odibi sta|", ["status"]),
        ("%odibi run |", NODES),
        ("%odibi run by_region --exclude lo|", ["load_sales"]),
        ("%odibi run +by|", ["by_region"]),
        ("%odibi run by_region,tag:|", ["daily"]),
        ("%odibi run pipeline:|", ["nightly"]),
        ("%odibi run state:f|", ["failed"]),
        ("%odibi run --par|", ["--param"]),
        ("%odibi run --param |", ["min_amount="]),
        ("%odibi run \\\n  od|", ["odd"]),
        ("%odibi params mi|", ["min_amount="]),
        ("%odibi params --u|", ["--ui"]),
        ("%odibi params --ui od|", ["odd"]),
        ("%odibi params --ui state:st|", ["stale"]),
        ("%odibi set |", ["auto=", "preview="]),
        ("%odibi set auto=|", ["on", "off"]),
        ("%odibi set upstream=s|", ["stored", "sample"]),
        ("%odibi use s|", ["sales.ipynb"]),
        ("%odibi import s|", ["sales.ipynb"]),
        ("%%odibi_node y --upstream s|", ["stored", "sample"]),
        ("%odibi pipeline |", ["nightly"]),
        ("%odibi help ru|", ["run"]),
        ("%odibi graph --format s|", ["svg"]),
        ("%odibi graph --format=d|", ["dot"]),
        ("%odibi show odd --tr|", ["--traceback"]),
        ("%odibi rename |", NODES),
        ("x = 1\n%odibi_node y --read |", ["local:"]),
    ],
)
def test_line_magics(texts: Texts, cell: str, first: list[str]) -> None:
    assert texts(cell)[: len(first)] == first


@pytest.mark.parametrize(
    ("cell", "first"),
    [
        ("%%odibi_node |", ["nowhere"]),
        ("%%odibi_node x --wr|", ["--write"]),
        ("%%odibi_node x --read local:|", ["archive/", "sales.csv"]),
        ("%%odibi_node x --read local:archive/|", ["old.parquet"]),
        ("%%odibi_node x --read 'local:my|", ["my sales.csv"]),
        ("%%odibi_node x --read local:nope/|", []),
        ("%%odibi_node x --read local:../|", []),
        ("%%odibi_node x --read nope:|", []),
        ("%%odibi_node x --read local:sales.csv --format ts|", ["tsv"]),
        ("%%odibi_node x --lang p|", ["python"]),
        ("%%odibi_node x --mock=|", ["auto"]),
        ("%%odibi_node x --write local:x.csv --mode |", ["overwrite", "append", "upsert", "append_once"]),
        ("%%odibi_node x --tag |", ["daily"]),
        ("%%odibi_node x --depends-on odd |", ["load_sales", "by_region", "not_run"]),
        ("%%odibi_node by_region --key |", ["region", "total"]),
        ("%%odibi_node x --key |\nSELECT region AS r FROM load_sales", ["r"]),
        ("%%odibi_node x --read local:sales.csv --key |", ["region", "amount"]),
        ("%%odibi_node x --expect |", ["accepted_values(", "not_null(", "unique("]),
        ("%%odibi_node by_region --expect 'not_null(t|", ["total"]),
        ('%%odibi_node by_region --expect "warn: to|', ["total"]),
        ("%%odibi_test |", NODES),
        ("%%odibi_expect by|", ["by_region"]),
        ("%%odibi_mock by|", ["by_region"]),
        ("%%odibi_sql --in|", ["--into"]),
        ("\n\n%%odibi_node x --wr|\nSELECT 1", ["--write"]),
    ],
)
def test_lines_of_cell_magics(texts: Texts, cell: str, first: list[str]) -> None:
    found = texts(cell)
    assert found[: len(first)] == first
    assert found or not first


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("SELECT |\nFROM load_sales", ["region", "amount", "load_sales"]),
        ("SELECT AM| FROM load_sales", ["amount"]),
        ("SELECT s.| FROM LOAD_SALES s", ["region", "amount"]),
        ("SELECT n.| FROM not_run n", ["reg", "twice"]),
        ("WITH t AS (SELECT region AS r FROM load_sales) SELECT t.| FROM t", ["r"]),
        ("WITH t AS (SELECT 1) SELECT * FROM t|", []),
        ("WITH total AS (SELECT 1) SELECT * FROM t|", ["total"]),
        ("SELECT * FROM |", NODES),
        ("FROM |", NODES),
        ("SELECT * FROM odd JOIN by|", ["by_region"]),
        ("SELECT * FROM odd, wai|", ["waiting"]),
        ("SELECT * FROM load_sales WHERE amount > $|", ["$min_amount"]),
        ("SELECT | FROM odd", ['"order"', '"two words"', "odd"]),
        ('SELECT "tw| FROM odd', ['"two words"']),
        ("SELECT two| FROM odd", ['"two words"']),
        ("SELECT row_n| FROM odd", ["row_number("]),
        ("select * from load_sales wher|", ["where"]),
        ("SELECT * FROM load_sales WHER|", ["WHERE"]),
        ("SELECT a IS DISTINCT FROM am| FROM load_sales", ["amount"]),
        ("SELECT 'am| FROM load_sales", []),
        ("SELECT 1 -- am|", []),
        ("SELECT /* am| */ 1 FROM load_sales", []),
        ("SELECT 12|", []),
    ],
)
def test_sql_bodies(texts: Texts, cell: str, expected: list[str]) -> None:
    assert texts(f"%%odibi_sql\n{cell}") == expected
    assert texts(f"%%odibi_node x --lang sql\n{cell}") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%odibi_sql SELECT * FROM od|", ["odd"]),
        ("%odibi_sql --rows 3 SELECT * FROM od|", ["odd"]),
        ("%odibi_sql --into x --rows=3 SEL|", ["SELECT"]),
        ("%odibi_sql --r|", ["--rows"]),
        ("%odibi_sql SELECT * FROM 'local:sa|", ["sales.csv"]),
        ('%odibi_sql SELECT * FROM "local:archive/|"', ["old.parquet"]),
        ("%odibi_sql SELECT * FROM 'nope:sa|", []),
    ],
)
def test_a_line_of_ad_hoc_sql(texts: Texts, line: str, expected: list[str]) -> None:
    assert texts(line) == expected


def test_df_has_the_columns_of_what_the_node_reads(texts: Texts) -> None:
    assert texts("%%odibi_node x --read local:sales.csv\nSELECT |\nFROM df")[:2] == ["region", "amount"]
    assert texts("%%odibi_node x --depends-on by_region\nSELECT df.| FROM df") == ["region", "total"]
    assert texts("%%odibi_node x\ninputs: {a: by_region}\n---\nSELECT df.| FROM df") == ["region", "total"]
    assert texts("%%odibi_node x --read local:sales.csv\nSELECT * FROM d|") == ["df"]


def test_a_node_is_not_offered_to_itself(texts: Texts) -> None:
    assert "odd" not in texts("%%odibi_node odd\nSELECT * FROM |")


def test_a_data_test_sees_its_node_and_what_that_reads(texts: Texts) -> None:
    assert texts("%%odibi_expect by_region positive\nSELECT * FROM |") == ["by_region", "load_sales"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%odibi_project\nconn|", ["connections: "]),
        ("%%odibi_project\nconnections: {local: {ba|", ["base_path: "]),
        ("%%odibi_project\nengine: |", ["duckdb", "pandas", "polars"]),
        ("%%odibi_node x\nread: {connection: |", ["local"]),
        ("%%odibi_node x\nread: {connection: local, path: sa|}", ["sales.csv"]),
        ("%%odibi_node x\nread:\n  connection: local\n  path: archive/|", ["old.parquet"]),
        ("%%odibi_node x\nwrite: {connection: local, mode: |}", ["overwrite", "append", "upsert", "append_once"]),
        ("%%odibi_node x\ndepends_on: [od|]", ["odd"]),
        ("%%odibi_node x\ninputs: {a: by|}", ["by_region"]),
        ("%%odibi_node x\ntags: [a]\nret|\n---\nSELECT 1", ["returns: "]),
        ("%%odibi_node x\ntags: [a]\nreturns: ob|", ["object"]),
        ("%%odibi_node x\nread: {connection: local, path: sales.csv}\nre|", ["returns: "]),
        ("%%odibi_node x\ntransform:\n  steps:\n    - operation: fi|", ["filter", "fillna"]),
        ("%%odibi_node by_region\nvalidation:\n  tests:\n    - {type: unique, columns: [to|]}", ["total"]),
        (f"{STEPS}    - sql: |\n        SELECT am¦\n        FROM df", ["amount"]),
        (f"{STEPS}    - {{operation: filter, params: {{condition: am|}}}}", ["amount"]),
        ("%%odibi_mock by_region\nload_sales:\n  - {region: N, a|", ["amount: "]),
        ("%%odibi_test by_region t\nexp|", ["expect: "]),
        ("%%odibi_test by_region t\nexpect: [{to|", ["total: "]),
        ("%%odibi_test by_region t\nexpect: {co|", ["count: "]),
        ("%%odibi_test by_region t\nexpect:\n  error: {me|", ["message: "]),
        ("%%odibi_test by_region t\ngiven: m|", ["mock"]),
        ("%%odibi_test by_region t\ngiven:\n  load_sales: [{am|", ["amount: "]),
        ("%%odibi_test by_region t\nexpect:\n  rows:\n    - {to|", ["total: "]),
    ],
)
def test_yaml_bodies(workspace: Workspace, cell: str, expected: list[str]) -> None:
    before, _, after = cell.partition("¦" if "¦" in cell else "|")
    offers = complete(before + after, len(before), Known(workspace))
    assert [offer.text for offer in offers.found] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def x(|", [*NODES, "nowhere", "min_amount"]),
        ("def x(odd, |", ["load_sales", "by_region", "not_run", "waiting", "nowhere", "min_amount"]),
        ("def x(odd: pd.DataFrame = f(1), mi|):\n    return odd", ["min_amount"]),
        ("def x(odd: |", []),
        ("def other(od|", []),
        ("import math\nod|", ["odd"]),
        ("import math\nmath.od|", []),
        ("def x(odd):\n    return od|", []),
        ("def x(load_sales):\n    return load_sales['am|']", ["amount"]),
        ('def x(load_sales):\n    return load_sales[["region", "|', ["region", "amount"]),
        ("def x(load_sales):\n    return load_sales.am|", ["amount"]),
        ("odd.|", ["order"]),
        ("t = 'od|'", []),
    ],
)
def test_python_bodies(texts: Texts, body: str, expected: list[str]) -> None:
    assert texts(f"%%odibi_node x\n{body}") == expected


def test_attributes_leave_room_for_what_ipython_knows(offered: Complete) -> None:
    assert not offered("%%odibi_node x\nload_sales.am|").alone
    assert offered("%%odibi_node x\ndef x(|").alone


def test_a_body_that_nothing_tells_of_may_become_any(texts: Texts) -> None:
    found = texts("%%odibi_node x\n|")
    assert found[:4] == ["SELECT", "FROM", "WITH", "def x("]
    assert {"read: ", "load_sales"} <= set(found)
    assert texts("%%odibi_node x\nsel|") == ["select"]
    assert texts("%%odibi_node x\ntags: [a]\n---\nSEL|") == ["SELECT"]


@pytest.mark.parametrize(
    "cell",
    [
        "x = |",
        "odd.|",
        "%time |",
        "%%odibi_no|",
        "%%odibi_nope x --|",
        "%odibi nope |",
        "%odibi demo |",
        "|%%odibi_node x",
    ],
)
def test_what_is_not_ours_is_left_alone(texts: Texts, cell: str) -> None:
    assert texts(cell) == []


def test_the_fragment_is_the_text_before_the_cursor(offered: Complete) -> None:
    for cell in ("%odibi run +lo|", "%%odibi_node x --read local:sal|", "%%odibi_sql\nSELECT s.am| FROM load_sales s"):
        offers = offered(cell)
        assert cell.partition("|")[0].endswith(offers.fragment)
        assert all(offer.text.startswith(offers.fragment) for offer in offers.found)


def test_an_escaped_value_is_not_replaced(texts: Texts) -> None:
    assert texts('%%odibi_node x\nread: {connection: "\\x6co|"') == []


def test_a_node_that_cant_be_compiled_disturbs_nothing() -> None:
    ws = Workspace()
    ws.node("bad", "SELECT FROM FROM")
    assert [offer.text for offer in complete("%odibi run b", 12, Known(ws)).found] == ["bad"]
    assert complete("%%odibi_sql\nSELECT * FROM bad WHERE ", 36, Known(ws)).found[0].text == "bad"
    with pytest.raises(OdibiException):
        ws.run()

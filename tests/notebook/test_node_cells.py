"""Declaring nodes in cells, as the notebook contract says."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from odibi_nb.exceptions import DependencyError, OdibiException, TransformError, UsageError, ValidationError
from tests.notebook.shells import BY_REGION, LOAD, Notebook


def _rows(nb: Notebook, name: str) -> list[tuple[object, ...]]:
    return list(nb.ws[name].df().itertuples(index=False, name=None))


def test_the_journey_from_csv_to_parquet(sales: Notebook) -> None:
    sales.ok("%odibi run")
    written = pd.read_parquet("data/by_region.parquet")
    assert written.values.tolist() == [["N", 150], ["S", 200]]


def test_a_cell_shows_its_rows_and_writes_nothing(sales: Notebook) -> None:
    assert sales.ws["by_region"].rows == 2
    assert not Path("data/by_region.parquet").exists()


@pytest.mark.parametrize("body", ["", "\n", "\n   \n"])
def test_an_empty_body_is_fine(nb: Notebook, body: str) -> None:
    assert "load_sales · ✓ completed · 4 rows" in nb.ok(LOAD + body).text


def test_a_node_of_one_line(nb: Notebook) -> None:
    assert "4 rows" in nb.ok("%odibi_node load_sales --read local:sales.csv").text


def test_two_one_line_nodes_in_a_cell_are_two_nodes(nb: Notebook) -> None:
    nb.run("%odibi_node a --read local:sales.csv\n%odibi_node b --read local:sales.csv", cell_id="c1")
    assert list(nb.ws) == ["a", "b"]


def test_a_yaml_body(nb: Notebook) -> None:
    nb.ok(
        LOAD, "%%odibi_node big\ninputs: {s: load_sales}\ntransform: {steps: [SELECT region FROM s WHERE amount > 100]}"
    )
    assert _rows(nb, "big") == [("N",), ("S",)]


def test_a_header_in_yaml_above_sql(nb: Notebook) -> None:
    nb.ok(
        LOAD,
        "%%odibi_node big\ntags: [daily]\ndescription: large sales\n---\nSELECT * FROM load_sales WHERE amount > 100",
    )
    assert nb.ws.nodes["big"].config.tags == ["daily"]
    assert nb.ws["big"].rows == 2


def test_a_field_on_the_line_and_in_the_header_is_refused(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node big --tag x\ntags: [daily]\n---\nSELECT 1 AS x")
    assert "both on the node's line and in the YAML" in str(error)
    assert error.where.line == 2


def test_plain_code_ends_in_its_result_and_leaks_nothing(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nfrom datetime import date\nthe_day = date(2024, 1, 1)\nload_sales.assign(day=the_day)")
    assert nb.ws["n"].rows == 4
    assert "the_day" not in nb.shell.user_ns


def test_a_future_import_may_open_a_body(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nfrom __future__ import annotations\ndef n(load_sales: DataFrame): return load_sales")
    assert nb.ws["n"].rows == 4


def test_plain_code_may_await(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nimport asyncio\nawait asyncio.sleep(0)\nload_sales.head(1)")
    assert nb.ws["n"].rows == 1


def test_a_function_may_be_a_coroutine(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nasync def n(load_sales):\n    return load_sales.head(2)")
    assert nb.ws["n"].rows == 2


def test_nodes_see_the_notebooks_imports_and_helpers(nb: Notebook) -> None:
    nb.ok(
        LOAD, "import math\ndef twice(x):\n    return 2 * x", "%%odibi_node n\nload_sales.head(twice(math.floor(1.5)))"
    )
    assert nb.ws["n"].rows == 2


def test_the_annotation_decides_what_a_function_gets(nb: Notebook) -> None:
    nb.ok(
        LOAD, "import pyarrow as pa", "%%odibi_node n\ndef n(load_sales: pa.Table):\n    return load_sales.slice(0, 3)"
    )
    assert nb.ws["n"].rows == 3


def test_a_node_cannot_change_anothers_result(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nload_sales['amount'] = 0\nload_sales")
    assert _rows(nb, "load_sales")[1] == ("N", 150)


def test_df_is_the_source_in_sql_and_in_python(nb: Notebook) -> None:
    nb.ok("%%odibi_node a --read local:sales.csv\nSELECT * FROM df WHERE amount > 100")
    nb.ok("%%odibi_node b --read local:sales.csv\ndf[df.amount > 100]")
    nb.ok("%%odibi_node c --read local:sales.csv\ndef c(df):\n    return df[df.amount > 100]")
    assert _rows(nb, "a") == _rows(nb, "b") == _rows(nb, "c") == [("N", 150), ("S", 200)]


def test_sql_parameters_bind_values_never_text(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nSELECT region FROM load_sales WHERE amount > $min_amount AND region <> 'min_amount'")
    assert _rows(nb, "n") == [("N",), ("S",)]


def test_a_parameter_without_value_is_an_error_with_the_nearest_name(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node n\nSELECT $min_amont AS x")
    assert "did you mean 'min_amount'?" in str(error)


def test_macros_belong_to_their_node(nb: Notebook) -> None:
    nb.ok(
        "%%odibi_node a\nCREATE MACRO f(x) AS x + 1;\nSELECT f(1) AS y",
        "%%odibi_node b\nCREATE MACRO f(x) AS x * 10;\nSELECT f(1) AS y",
    )
    assert (_rows(nb, "a"), _rows(nb, "b")) == ([(2,)], [(10,)])
    error = nb.fails("%%odibi_node c\nSELECT f(1) AS y")
    assert (
        error.hint == "a macro is there in the node alone that creates it: write its CREATE MACRO above this query too"
    )


def test_a_cte_wins_over_a_node(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nWITH load_sales AS (SELECT 1 AS x)\nSELECT * FROM load_sales")
    assert _rows(nb, "n") == [(1,)]
    assert nb.ws.nodes.task("n").depends_on == ()


ORDERS = "%%odibi_node orders\nSELECT unnest([4, 20, 80]) AS price"
CHEAP = "%%odibi_node cheap\norders[orders.price >= least]"
LEAST = "%%odibi_project\nvars: {least: 5}"
HIDDEN = "note: 'least' is a variable of the notebook too; in nodes the parameter wins"


@pytest.mark.parametrize(
    "cells",
    [
        ("least = 50", LEAST, ORDERS, CHEAP),
        (LEAST, ORDERS, "least = 50", CHEAP),
        (ORDERS, "least = 50", CHEAP, LEAST, CHEAP),
        ("least = 50", ORDERS, CHEAP, LEAST, "%odibi run"),
        (LEAST, ORDERS, CHEAP, "least = 50", "%odibi run --force"),
    ],
)
def test_a_parameter_wins_over_a_variable_in_plain_code(nb: Notebook, cells: tuple[str, ...]) -> None:
    ran = nb.ok(*cells)
    assert _rows(nb, "cheap") == [(20,), (80,)]
    assert HIDDEN in (ran if cells[-1] == CHEAP else nb.ok("%odibi show cheap")).text


def test_what_is_set_wins_over_a_variable_too_and_a_name_that_is_no_parameter_stays_one(nb: Notebook) -> None:
    least_2 = "%%odibi_node dear\norders[(orders.price >= least) & (orders.price < most)]"
    assert HIDDEN not in nb.ok("least, most = 20, 50", ORDERS, CHEAP, least_2).text
    assert _rows(nb, "dear") == [(20,)]
    nb.ok(LEAST, "%odibi params least=4", "%odibi run")
    assert _rows(nb, "dear") == [(4,), (20,)]


def test_papermills_values_are_parameters_and_no_doubt(nb: Notebook) -> None:
    ran = nb.ok(LEAST, "least = 50", "# Parameters\nleast = 30", ORDERS, CHEAP)
    assert HIDDEN not in ran.text
    assert _rows(nb, "cheap") == [(80,)]


def test_a_node_wins_over_a_variable_and_the_card_says_so(nb: Notebook) -> None:
    nb.ok(LOAD, "load_sales = 'mine'")
    assert "is a variable of the notebook too" in nb.ok(LOAD).text
    nb.ok("%%odibi_node n\nload_sales.head(1)")
    assert nb.ws["n"].rows == 1
    assert nb.shell.user_ns["load_sales"] == "mine"


def test_a_dataframe_in_sql_is_to_be_made_a_node(nb: Notebook) -> None:
    nb.ok("import pandas as pd\nframe = pd.DataFrame({'a': [1]})")
    error = nb.fails("%%odibi_node n\nSELECT *\nFROM frame")
    assert isinstance(error, TransformError)
    assert "make it a node" in error.hint
    assert error.where.line == 3


def test_a_dbt_reference_alone_is_one_too(nb: Notebook) -> None:
    assert nb.fails("%%odibi_node n\n{{ ref('load_sales') }}").hint == "write load_sales"


def test_sql_with_a_slip_in_its_first_word_says_that_it_is_read_as_python(nb: Notebook) -> None:
    assert nb.fails("%%odibi_node n\nSELEC 1").hint == "it is read as Python; in SQL, did you mean 'select'?"
    told = nb.fails("%%odibi_node n --lang python\nSELECT 1").hint
    assert told == "it looks like SQL: leave `--lang python` out"


def test_a_node_without_work_is_told_what_there_is(nb: Notebook) -> None:
    assert "SQL or Python below the line, or --read CONN:PATH" in nb.fails("%odibi_node n").hint


def test_a_dbt_reference_hints_at_the_bare_name(nb: Notebook) -> None:
    assert "load_sales" in nb.fails("%%odibi_node n\nSELECT * FROM {{ ref('load_sales') }}").hint


def test_reasons_of_dependencies_are_on_the_card(sales: Notebook) -> None:
    assert "parameter load_sales" in sales.run("%odibi show clean_sales").html
    assert "FROM, line" in sales.run("%odibi show by_region").html


@pytest.mark.parametrize(
    "body", ["SELECT * FROM load_sale", "load_sale.head()", "def n(load_sale):\n    return load_sale"]
)
def test_an_undeclared_name_waits_and_only_run_raises(nb: Notebook, body: str) -> None:
    ran = nb.ok(LOAD, f"%%odibi_node n\n{body}")
    assert "n · ○ pending" in ran.text
    waits = "waits for load_sale (did you mean 'load_sales'?)"
    assert f"pending: {waits}" in ran.text
    assert waits in nb.ok("%odibi plan").text
    assert waits in nb.ok("%odibi status").text
    assert "unresolved" in nb.ok("%odibi graph").text
    error = nb.fails("%odibi run")
    assert isinstance(error, DependencyError)
    assert error.hint == "did you mean 'load_sales'?"
    assert error.where.line == 2


def test_a_name_that_may_well_come_later_is_no_slip(nb: Notebook) -> None:
    assert nb.ok(LOAD, BY_REGION).text.count("did you mean") == 0
    assert "waits for clean_sales\n" in nb.ok("%odibi show by_region").text


def test_a_waiting_node_runs_once_its_name_is_declared(nb: Notebook) -> None:
    nb.ok("%%odibi_node n\nlater.head(1)", "%%odibi_node later --read local:sales.csv", "%odibi run n")
    assert nb.ws["n"].rows == 1


def test_a_name_defined_as_a_variable_is_no_longer_waited_for(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\nload_sales.head(how_many)", "how_many = 3", "%odibi run n")
    assert nb.ws["n"].rows == 3


def test_redeclaring_a_node_marks_it_and_its_descendants_stale(sales: Notebook) -> None:
    sales.ok("%odibi run", "%%odibi_node clean_sales --no-run\nload_sales")
    assert sales.ws.statuses() == {"load_sales": "completed", "clean_sales": "stale", "by_region": "stale"}


def test_declaring_the_same_again_leaves_all_fresh(sales: Notebook) -> None:
    sales.ok("%odibi run", LOAD + " --no-run")
    assert set(sales.ws.statuses().values()) == {"completed"}


def test_a_changed_file_makes_its_readers_stale(sales: Notebook) -> None:
    sales.ok("%odibi run")
    Path("data/sales.csv").write_text("region,amount\nW,1000\n")
    assert set(sales.ws.statuses().values()) == {"stale"}
    sales.ok("%%odibi_node top\nSELECT * FROM by_region")
    assert _rows(sales, "top") == [("W", 1000)]


def test_a_stale_result_is_readable_with_a_warning(sales: Notebook) -> None:
    sales.ok("%%odibi_node clean_sales --no-run\nload_sales")
    with pytest.warns(UserWarning, match="stale"):
        assert len(sales.ws["clean_sales"].df()) == 2


def test_the_same_cell_with_another_name_renames(nb: Notebook) -> None:
    nb.run("%%odibi_node a\nSELECT 1 AS x", cell_id="c1")
    nb.run("%%odibi_node reader\nSELECT * FROM a", cell_id="c2")
    ran = nb.run("%%odibi_node b\nSELECT 1 AS x", cell_id="c1")
    assert "renamed from 'a'; still reading 'a': reader" in ran.text
    assert list(nb.ws) == ["reader", "b"]


def test_a_refused_rename_keeps_the_old_node(nb: Notebook) -> None:
    nb.run("%%odibi_node a\nSELECT 1 AS x", cell_id="c1")
    assert nb.run("%%odibi_node min_amount\nSELECT 1 AS x", cell_id="c1").error
    assert list(nb.ws) == ["a"]


def test_without_ids_an_identical_body_is_offered_as_rename(nb: Notebook) -> None:
    ran = nb.ok("%%odibi_node a\nSELECT 1 AS x", "%%odibi_node b\nSELECT 1 AS x")
    assert "%odibi rename a b" in ran.text
    assert list(nb.ws) == ["a", "b"]
    nb.ok("%odibi rename a b")
    assert list(nb.ws) == ["b"]


def test_of_several_nodes_with_an_identical_body_one_note_tells(nb: Notebook) -> None:
    for name in "abcd":
        nb.ok(f"%%odibi_node {name}\nSELECT 1 AS x")
    ran = nb.ok("%%odibi_node e\nSELECT 1 AS x")
    assert ran.text.count("note: ") == 1
    assert "4 nodes say the same (a, b, c …); if this is the new name of one: %odibi rename d e" in ran.text


def test_two_cells_with_one_name_are_named(nb: Notebook) -> None:
    nb.run("%%odibi_node a\nSELECT 1 AS x", cell_id="c1")
    ran = nb.run("%%odibi_node a\nSELECT 2 AS x", cell_id="c2")
    note = "note: {}cells 3 and 4 both declare 'a': that of cell 4 counts"
    assert note.format("") in ran.text
    assert note.format("a: ") in nb.ok("%odibi validate").text
    nb.run("%%odibi_node b\nSELECT 1 AS x", cell_id="c1")
    assert "both declare" not in nb.ok("%odibi validate").text + nb.ok("%odibi show a").text


def test_a_cycle_is_refused_and_the_old_node_stays(nb: Notebook) -> None:
    nb.ok("%%odibi_node a\nSELECT 1 AS x", "%%odibi_node b\nSELECT * FROM a", "%%odibi_node c\nSELECT * FROM b")
    error = nb.fails("%%odibi_node a\nSELECT * FROM c")
    assert error.cycle == ("a", "b", "c")
    assert nb.ws.nodes["a"].code == "SELECT 1 AS x"
    assert nb.ws.graph.topological_sort() == ["a", "b", "c"]


def test_what_is_wrong_with_depends_on_is_shown_on_its_line(nb: Notebook) -> None:
    line = "%%odibi_node a --depends-on {}"
    circle = nb.fails(line.format("a") + "\nSELECT 1 AS x")
    nb.ok(line.format("nobody") + "\nSELECT 1 AS x")
    unknown = nb.fails("%odibi run")
    assert [(one.where.line, one.where.source) for one in (circle, unknown)] == [
        (1, line.format("a")),
        (1, line.format("nobody")),
    ]


def test_names_that_differ_in_case_only_are_refused(nb: Notebook) -> None:
    nb.ok(LOAD)
    assert "differ only in case" in str(nb.fails("%%odibi_node Load_Sales\nSELECT 1 AS x"))


def test_a_node_named_like_a_parameter_is_refused(nb: Notebook) -> None:
    assert "is a parameter already" in str(nb.fails("%%odibi_node min_amount\nSELECT 1 AS x"))


def test_a_node_named_like_a_functions_default_is_refused_either_way(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node n\ndef n(load_sales, limit=2):\n    return load_sales.head(limit)")
    assert "is a parameter already" in str(nb.fails("%%odibi_node limit\nSELECT 1 AS x"))
    error = nb.fails("%%odibi_node m\ndef m(\n    load_sales=None):\n    return load_sales")
    assert "has a default and the name of a node" in str(error)
    assert error.where.line == 3


def test_vars_named_like_a_node_are_refused(nb: Notebook) -> None:
    nb.ok(LOAD)
    assert "is a node already" in str(nb.fails("%%odibi_project\nvars: {load_sales: 1}"))


@pytest.mark.parametrize("name", ["my-node", "a.b", "1 2"])
def test_a_name_of_other_signs_is_refused(nb: Notebook, name: str) -> None:
    assert isinstance(nb.fails(f"%%odibi_node {name}\nSELECT 1 AS x"), OdibiException)


def test_no_run_only_declares(nb: Notebook) -> None:
    ran = nb.ok("%%odibi_node a --no-run\nSELECT 1 AS x")
    assert "a · ○ pending" in ran.text
    assert nb.ws.result("a") is None


def test_set_auto_off_only_declares(nb: Notebook) -> None:
    nb.ok("%odibi set auto=off", "%%odibi_node a\nSELECT 1 AS x")
    assert nb.ws.result("a") is None


def test_into_binds_the_result(nb: Notebook) -> None:
    nb.ok("%%odibi_node a --into found\nSELECT 1 AS x")
    assert nb.shell.user_ns["found"].x.tolist() == [1]


def test_tags_description_and_pipeline(nb: Notebook) -> None:
    nb.ok("%%odibi_node a --tag daily --tag x --describe 'All of it' --pipeline nightly\nSELECT 1 AS x")
    node = nb.ws.nodes["a"]
    assert (node.config.tags, node.config.description, node.pipeline) == (["daily", "x"], "All of it", "nightly")
    assert nb.ws.select(["tag:daily"]) == nb.ws.select(["pipeline:nightly"]) == ["a"]


def test_the_pipeline_of_the_cells_that_follow(nb: Notebook) -> None:
    nb.ok("%odibi pipeline nightly", "%%odibi_node a\nSELECT 1 AS x")
    assert nb.ws.nodes["a"].pipeline == "nightly"


def test_preview_zero_keeps_data_out(nb: Notebook) -> None:
    ran = nb.ok(LOAD + " --preview 0")
    assert "150" not in ran.text + ran.html


def test_settings_preview_zero_keeps_data_out_of_every_card(nb: Notebook) -> None:
    nb.ok("%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}\nsettings: {preview: 0}")
    ran = nb.run(LOAD + " --expect 'amount < 120'")
    assert isinstance(ran.error, ValidationError)
    assert "2 of 4 rows" in str(ran.error)
    assert "150" not in ran.html + ran.text + str(ran.error)


def test_a_broken_expectation_fails_the_node_and_shows_its_rows(nb: Notebook) -> None:
    ran = nb.run(LOAD + " --expect not_null(amount) --expect 'row_count > 0'")
    assert isinstance(ran.error, ValidationError)
    assert "load_sales · ✗ failed" in ran.text
    assert "not_null(amount): 1 of 4 rows" in ran.text
    assert nb.ws["load_sales"].rows == 4


def test_an_expectation_that_only_warns_is_on_the_card(nb: Notebook) -> None:
    ran = nb.ok(LOAD + " --expect 'warn: not_null(amount)'")
    assert "✓ completed" in ran.text
    assert "warning: not_null(amount): 1 of 4 rows" in ran.text


def test_a_scalar_is_an_error_that_names_returns(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node n\n42")
    assert "returns object" in str(error)
    assert "returns none" in str(error)


def test_any_object_is_handed_on_and_shown(nb: Notebook) -> None:
    ran = nb.ok("%%odibi_node model --returns object --into m\n{'slope': 2}")
    assert "{'slope': 2}" in ran.text
    nb.ok("%%odibi_node n\nimport pandas as pd\npd.DataFrame({'y': [model['slope']]})")
    assert _rows(nb, "n") == [(2,)]
    assert nb.shell.user_ns["m"] == {"slope": 2}


def test_a_figure_is_shown_as_such(nb: Notebook) -> None:
    ran = nb.ok(
        "%%odibi_node figure --returns object\nclass F:\n    def _repr_html_(self):\n        return '<b>fig</b>'\nF()"
    )
    assert "<b>fig</b>" in ran.html


def test_where_no_rows_are_shown_no_object_is_either(nb: Notebook) -> None:
    nb.ok("%odibi set preview=0")
    cell = (
        "%%odibi_node n --returns object\nclass Figure:\n    def _repr_html_(self):\n        return '<b>secret</b>'\n"
    )
    for last in ("['secret']", "Figure()"):
        ran = nb.ok(f"{cell}{last}")
        assert "secret" not in ran.text
        assert len(ran.bundles) == 1


def test_rows_that_are_no_object_are_shown_once(nb: Notebook) -> None:
    assert len(nb.ok("%%odibi_node n --returns object\nSELECT 1 AS x").bundles) == 1


def test_only_run_performs_a_side_effect(nb: Notebook) -> None:
    ran = nb.ok("%%odibi_node mail --returns none\nfrom pathlib import Path\nPath('sent').write_text('x')")
    assert "pending" in ran.text
    ran = nb.ok("%%odibi_node after --depends-on mail\nSELECT 1 AS x")
    assert "waits for mail (only `%odibi run` performs it)" in ran.text
    assert not Path("sent").exists()
    nb.ok("%odibi run")
    assert Path("sent").exists()


def test_the_card_of_a_side_effect_says_that_only_a_run_performs_it(nb: Notebook) -> None:
    ran = nb.ok("%%odibi_node mail --returns none\nopen('sent', 'w').close()")
    assert "note: a side effect: only %odibi run performs it" in ran.text
    assert "a side effect: only %odibi run performs it" in ran.html


def test_materialize_table_evaluates_all(nb: Notebook) -> None:
    ran = nb.ok("%%odibi_node n --materialize table\nSELECT * FROM range(100) t(i)")
    assert "100 rows" in ran.text


@pytest.mark.parametrize("rows", [0, 3, 20])
def test_a_preview_that_came_to_the_end_of_the_rows_has_checked_them(nb: Notebook, rows: int) -> None:
    ran = nb.ok(f"%%odibi_node n --materialize view\nSELECT * FROM range({rows}) t(i)")
    assert f"{rows} row" in ran.text
    assert "≥" not in ran.text
    assert "not all checked" not in ran.text + ran.html


def test_a_preview_of_some_columns_has_not_checked_the_rows(nb: Notebook) -> None:
    columns = ", ".join(f"i + {n} AS c{n}" for n in range(21))
    ran = nb.ok(f"%%odibi_node n --materialize view\nSELECT {columns} FROM range(3) t(i)")
    assert "3 rows" in ran.text
    assert "preview; rows not all checked" in ran.text


def test_a_preview_says_that_not_all_rows_are_checked(nb: Notebook) -> None:
    cast = "CAST(CASE WHEN i = 90000 THEN 'x' ELSE '1' END AS INT)"
    ran = nb.ok(f"%%odibi_node n --materialize view\nSELECT {cast} AS v FROM range(100000) t(i)")
    assert "preview; rows not all checked" in ran.text
    assert "≥ 20" in ran.text
    assert nb.fails("%odibi run")


def test_long_work_above_is_announced_before_it_begins(nb: Notebook) -> None:
    nb.ok("%%odibi_node a\nSELECT 1 AS x")
    nb.ws.result("a").duration = 33.0
    nb.ok("%%odibi_node a --no-run\nSELECT 2 AS x")
    ran = nb.ok("%%odibi_node b\nSELECT * FROM a")
    told = "running first: a · about 33 s, as the last time · --upstream stored or sample doesn't wait for it"
    assert ran.text.startswith(told)


def test_places_start_at_the_folder_of_loading(nb: Notebook) -> None:
    here = Path.cwd()
    (here / "elsewhere").mkdir()
    nb.ok("import os; os.chdir('elsewhere')", LOAD)
    assert nb.ws["load_sales"].rows == 4
    assert str(here) in nb.ok("%odibi").text
    os.chdir(here)


def test_an_unknown_option_suggests(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node q --raed local:sales.csv")
    assert isinstance(error, UsageError)
    assert error.hint == "did you mean '--read'?"
    assert (error.where.cell, error.where.line) == ("3", 1)


def test_blank_lines_before_the_magic_count(nb: Notebook) -> None:
    error = nb.fails("\n\n%%odibi_node n\nimport math\nmath.nope")
    assert error.where.line == 5


def test_papermills_parameters_lie_over_vars(nb: Notebook) -> None:
    nb.ok(
        "# Parameters\nmin_amount = 180\n", LOAD, "%%odibi_node n\nSELECT * FROM load_sales WHERE amount > $min_amount"
    )
    assert nb.ws["n"].rows == 1
    nb.ok("%odibi params min_amount=100", "%odibi run n")
    assert nb.ws["n"].rows == 2

"""`%odibi …` in cells."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest

from odibi_nb.exceptions import UsageError, ValidationError
from tests.notebook.shells import LOAD, Notebook


def test_bare_odibi_is_status(sales: Notebook) -> None:
    assert sales.ok("%odibi").text == sales.ok("%odibi status").text
    assert "load_sales" in sales.ok("%odibi").text


def test_an_empty_workspace_says_how_to_begin(nb: Notebook) -> None:
    assert "%%odibi_node NAME" in nb.ok("%odibi").text
    plan = nb.ok("%odibi plan")
    assert plan.text.splitlines() == [f"{nb.ws.title} · no nodes yet: start a cell with %%odibi_node NAME"]
    assert "no nodes yet" in plan.html
    assert "<table" not in plan.html


def test_status_says_what_keeps_a_node_from_running(sales: Notebook) -> None:
    assert "why" not in sales.ok("%odibi status").text
    sales.ws.node("typo", "SELECT FROM WHERE")
    sales.ws.node("asks", "SELECT * FROM by_region WHERE total > $least")
    sales.ws.node("late", "SELECT * FROM nowhere")
    sales.ws.node("lost", read={"connection": "nope", "path": "x.csv"})
    ran = sales.ok("%odibi status")
    lines = {line.split()[0]: line.split() for line in ran.text.splitlines()}
    for name, said in {"typo": "syntax", "asks": "least", "late": "waits for nowhere", "lost": "nope"}.items():
        assert said in " ".join(lines[name])
        assert said in ran.html
    assert lines["typo"][1:3] == ["○", "pending"]
    assert 'class="odibi-status odibi-pending"' in ran.html
    assert "not declared" in " ".join(lines["nowhere"])
    assert "why" not in lines["by_region"]


def test_the_graph_is_shown_in_every_form(sales: Notebook) -> None:
    ran = sales.ok("%odibi graph")
    assert "by_region    sql     2 rows" in ran.text
    assert "data:image/svg+xml;base64," in ran.html
    assert ran.svg.startswith("<svg")
    assert "<script" not in ran.html + ran.svg


def test_a_run_with_selectors_and_exclude(sales: Notebook) -> None:
    ran = sales.ok("%odibi run +clean_sales --exclude load_sales --force")
    assert "2 completed" in ran.text
    assert "by_region" not in ran.text
    sales.ok("%odibi run -s by_region --workers 2 --fail-fast --force")
    assert Path("data/by_region.parquet").exists()


def test_a_parameter_for_one_run_leaves_no_fresh_result(sales: Notebook) -> None:
    sales.ok("%odibi params min_amount=150", "%odibi run --param min_amount=180")
    assert sales.ws.result("clean_sales").rows_processed == 1
    assert sales.ws.status("clean_sales") == "stale"
    sales.ok("%odibi run")
    assert sales.ws.result("clean_sales").rows_processed == 2


def test_values_of_before_have_their_results_still(sales: Notebook) -> None:
    sales.ok("%odibi params min_amount=180", "%odibi run")
    sales.ws.settle()
    sales.ok("%odibi params min_amount=100")
    assert sales.ws.status("clean_sales") == "cached"
    assert sales.ws["clean_sales"].rows == 2


def test_parameters_are_listed_and_set(sales: Notebook) -> None:
    assert "min_amount" in sales.ok("%odibi params").text
    sales.ok("%odibi params min_amount=180")
    assert sales.ws.status("clean_sales") == "stale"
    assert sales.ws.status("load_sales") == "completed"
    assert sales.fails("%odibi params min_amont=1").hint == "did you mean 'min_amount'?"


def test_a_default_is_below_vars(nb: Notebook) -> None:
    body = "def n(load_sales, min_amount=0, most=1):\n    return load_sales[load_sales.amount >= min_amount].head(most)"
    nb.ok(LOAD, f"%%odibi_node n\n{body}")
    assert nb.ws["n"].df().amount.tolist() == [150]
    nb.ok("%odibi params most=2", "%odibi run n")
    assert nb.ws["n"].df().amount.tolist() == [150, 200]


def test_a_default_that_is_code_is_shown_as_written(nb: Notebook) -> None:
    nb.ok(LOAD, "few = 2", "%%odibi_node n\ndef n(load_sales, most=few + 1):\n    return load_sales.head(most)")
    assert nb.ok("%odibi params").text.splitlines()[2].split() == ["most", "few", "+", "1"]
    nb.ok("%odibi params most=1", "%odibi run n")
    assert nb.ws["n"].rows == 1


def test_a_parameter_that_is_a_text_stays_one(nb: Notebook) -> None:
    nb.ok("%%odibi_project\nvars: {code: '00123'}", "%%odibi_node n\nSELECT $code AS code")
    assert "'00999'" in nb.ok("%odibi params code=00999").text


NAMES = "%%odibi_project\nvars: {names: [old], text: x}"
NAMED = "%%odibi_node n\nSELECT * FROM (VALUES ('first'), ('new'), ('irs')) AS t(name) WHERE name IN $names"


@pytest.mark.parametrize("words", ["[first]", '["first"]', "'[first, old]'"])
def test_a_list_is_set_as_in_yaml(nb: Notebook, words: str) -> None:
    quoted = f"'names={words[1:]}" if words[0] == "'" else f"names={words}"
    nb.ok(NAMES, NAMED, f"%odibi params {quoted}", "%odibi run")
    assert nb.ws["n"].df()["name"].tolist() == ["first"]


def test_a_mapping_is_set_as_in_yaml_and_a_text_stays_one(nb: Notebook) -> None:
    nb.ok("%%odibi_node m --returns object\ndef m(pairs={}, text='', word: str = None):\n    return 1")
    nb.ok("%odibi params 'pairs={a: [1, true]}' text=[a] word={b}")
    assert nb.ws.params == {"min_amount": 100, "pairs": {"a": [1, True]}, "text": "[a]", "word": "{b}"}


def test_what_is_no_list_is_refused_where_vars_hold_one(nb: Notebook) -> None:
    nb.ok(NAMES, NAMED)
    error = nb.fails("%odibi params names=first")
    assert error.message == "parameter 'names' takes a list, not 'first'"
    assert error.hint == "its type is that of `names: ['old']` in the project's vars"
    error = nb.fails("%odibi params names=[first, new]")
    assert error.hint == "quote what holds blanks: params 'names=[first, new]'"
    assert "can't be read" in nb.fails("%odibi params 'names=[a: b: c]'").message
    assert nb.ws.params["names"] == ["old"]


def test_a_value_of_another_type_is_an_error_at_its_own_line(nb: Notebook) -> None:
    nb.ok("%%odibi_node n --returns object\ndef n(most: int = 1):\n    return most", "x = 1")
    error = nb.fails("y = 2\n%odibi params most=abc")
    assert error.message == "parameter 'most' takes a whole number (int), not 'abc'"
    assert error.hint == "its type is that of `most: int` in node 'n' (cell 3, line 2)"
    assert (error.where.cell, error.where.line) == ("5", 2)
    assert nb.ws.params == {"min_amount": 100}


def test_what_is_to_be_a_text_stays_one(nb: Notebook) -> None:
    nb.ok("%%odibi_node n --returns object\ndef n(label: str = None):\n    return label", "%odibi params label=007")
    nb.ok("%odibi run n")
    assert nb.ws["n"].value == "007"


def test_validate_tells_of_cells_that_could_not_be_read(nb: Notebook) -> None:
    nb.run("%%odibi_node load --raed local:sales.csv", cell_id="a")
    nb.run("%%odibi_node clean\ndef clean(load)\n    return load", cell_id="b")
    nb.run("%%odibi_node total\nSELECT * FROM clean", cell_id="c")
    nb.run("%%odibi_expect clean", cell_id="d")
    ran = nb.run("%odibi validate")
    assert "3 errors in the declarations" in str(ran.error)
    assert "1 node, 3 errors" in ran.text
    assert "in node 'load', cell 3, line 1" in ran.text
    assert "in node 'clean', cell 4, line 2" in ran.text


def test_a_cell_that_was_mended_or_deleted_is_no_error_any_more(nb: Notebook) -> None:
    nb.run("%%odibi_node load --raed local:sales.csv", cell_id="a")
    nb.run("%%odibi_node other --raed local:sales.csv", cell_id="b")
    nb.run("%%odibi_node third --raed local:sales.csv", cell_id="c")
    nb.run("%%odibi_node loaded --read local:sales.csv", cell_id="a")
    nb.run("x = 1", cell_id="b")
    nb.ws.drop_cells(["c"])
    assert "1 node: valid" in nb.ok("%odibi validate").text


def test_settings_are_shown_and_set(nb: Notebook) -> None:
    assert "auto=on preview=10" in nb.ok("%odibi set").text
    nb.ok("%odibi set preview=2", LOAD)
    assert "2 more rows" in nb.ok("%odibi show load_sales").text
    error = nb.fails("%odibi set colour=red")
    assert "there is no setting 'colour'" in str(error)
    assert "auto, preview, upstream, sample" in str(error)
    assert "preview=2 upstream=stored sample=50" in nb.ok("%odibi set upstream=stored sample=50").text


@pytest.mark.parametrize("setting", ["auto=maybe", "preview=-1", "preview=x", "auto", "sample=0", "upstream=x"])
def test_a_setting_that_makes_no_sense_is_refused(nb: Notebook, setting: str) -> None:
    assert isinstance(nb.fails(f"%odibi set {setting}"), UsageError)


def test_an_option_of_another_line_says_whose_it_is(nb: Notebook) -> None:
    error = nb.fails("%odibi run --upstream sample")
    assert error.message == "%odibi run: unknown option --upstream"
    assert error.hint.startswith("--upstream is for lines of %%odibi_node: what its cell runs on: fresh results, ")
    assert nb.fails("%odibi run --forse").hint == "did you mean '--force'?"
    assert "%odibi help set" in nb.fails("%odibi set upstream=stale").hint
    assert nb.fails("%odibi set upstream=smaple").hint == "did you mean 'sample'?"


def test_drop_and_undo(sales: Notebook) -> None:
    assert "--undo" in sales.ok("%odibi drop clean_sales").text
    assert "clean_sales" not in sales.ws
    sales.ok("%odibi drop clean_sales --undo", "%odibi run")
    assert sales.fails("%odibi drop by_regio").hint == "did you mean 'by_region'?"


def test_rename_names_those_that_still_read_the_old_name(sales: Notebook) -> None:
    told = sales.ok("%odibi rename clean_sales cleaned").text
    assert "still reading 'clean_sales': by_region" in told
    assert "still says 'clean_sales': change it" in told
    assert "there is a node 'by_region' already" in str(sales.fails("%odibi rename cleaned by_region"))


def test_reset_forgets_everything(sales: Notebook) -> None:
    sales.ok("%odibi params min_amount=5")
    assert "and the project" in sales.ok("%odibi reset").text
    assert (list(sales.ws), sales.ws.params) == ([], {})
    assert Path("data/sales.csv").exists()


@pytest.mark.parametrize("command", ["validate", "ls", "set", "help", "help run", "pipeline p", "graph --format dot"])
def test_what_is_text_alone_has_a_form_in_html(sales: Notebook, command: str) -> None:
    (bundle,) = sales.ok(f"%odibi {command}").bundles
    assert bundle.keys() == {"text/plain", "text/html"}
    assert bundle["text/html"].endswith(f">{escape(bundle['text/plain'])}</pre>")


def test_ls_prints_names_in_order(sales: Notebook) -> None:
    assert sales.ok("%odibi ls by_region load_*").text.split() == ["load_sales", "by_region"]


def test_validate_shows_all_problems_and_stops_run_all(sales: Notebook) -> None:
    assert "3 nodes: valid" in sales.ok("%odibi validate").text
    sales.ok("%%odibi_node x\nSELECT * FROM nope")
    ran = sales.run("%odibi validate")
    assert isinstance(ran.error, ValidationError)
    assert "'nope', which is not declared" in ran.text


def test_plan_and_run_say_how_much_keeps_a_run_from_starting(sales: Notebook) -> None:
    sales.ws.node("late", "SELECT * FROM nope", depends_on=["load_sales"])
    late = "node 'late' reads 'nope', which is not declared (FROM, line 1)"
    plan = sales.ok("%odibi plan")
    assert plan.text.splitlines()[-1] == f"a run refuses to start: {late}"
    assert "a run refuses to start: node" in plan.html
    assert "refuses" not in sales.ok("%odibi plan by_region").text
    assert sales.fails("%odibi run").hint == "declare it: %%odibi_node nope"
    sales.ws.node("typo", "SELECT FROM WHERE")
    sales.ws.node("asks", "SELECT $least AS least")
    more = "(and 2 more problems: %odibi validate)"
    assert sales.ok("%odibi plan").text.splitlines()[-1] == f"a run refuses to start: {late} {more}"
    for _ in range(2):
        error = sales.fails("%odibi run")
        assert (error.message, error.hint) == (late, f"declare it: %%odibi_node nope {more}")
    hint = sales.fails("%odibi run typo asks").hint
    assert hint is not None
    assert "and 1 more problem: %odibi validate" in hint


def test_a_run_shows_what_its_nodes_print(sales: Notebook) -> None:
    sales.ok("%%odibi_node said --no-run\ndef said(load_sales):\n    print('<one>\\ntwo')\n    return load_sales")
    sales.ok("%%odibi_node much --returns none\ndef much(said):\n    print(*range(30), sep='\\n')")
    ran = sales.ok("%odibi run much")
    assert "\nsaid | <one>\nsaid | two\nmuch | 0\n" in ran.text
    assert "much | 9\nmuch | … 20 more lines: %odibi show much\n" in ran.text
    assert "<summary>output of said</summary><pre>&lt;one&gt;\ntwo" in ran.html
    assert "said |" not in sales.ok("%odibi run said").text  # it is fresh, and has printed nothing


def test_a_run_notes_who_reads_what_it_writes(nb: Notebook) -> None:
    Path("data/mid.csv").write_text("id\n0\n")
    nb.ok("%%odibi_node e --write local:mid.csv\nSELECT 2 AS id", "%%odibi_node rd --read local:mid.csv")
    for command in ("run", "plan", "validate"):
        ran = nb.ok(f"%odibi {command}")
        assert "'rd' reads local:mid.csv, which 'e' writes" in ran.text
        assert not ran.html or "reads local:mid.csv, which" in ran.html
    assert "which" not in nb.ok("%odibi run rd").text


def test_two_writers_of_one_target_are_refused(sales: Notebook) -> None:
    sales.ok("%%odibi_node again --write local:by_region.parquet\nSELECT 1 AS x")
    for selectors in ("", "again", "by_region"):
        error = sales.fails(f"%odibi run {selectors}")
        assert "both write local:by_region.parquet" in str(error)
        assert error.where.source == "%%odibi_node again --write local:by_region.parquet"
    assert not Path("data/by_region.parquet").exists()
    assert "2 completed" in sales.ok("%odibi run clean_sales --force").text


def test_show_with_more_rows(nb: Notebook) -> None:
    nb.ok("%%odibi_node n\nSELECT i FROM range(15) t(i)")
    assert "5 more rows" in nb.ok("%odibi show n").text
    assert "more row" not in nb.ok("%odibi show n --preview 15").text


@pytest.mark.parametrize("asked", ["%odibi help run", "%odibi run --help", "%odibi run by_region -h"])
def test_a_commands_page(nb: Notebook, asked: str) -> None:
    text = nb.ok(asked).text
    assert "usage: %odibi run" in text
    assert "--exclude" in text


def test_an_unknown_command_suggests(nb: Notebook) -> None:
    assert nb.fails("%odibi ruin").hint == "did you mean 'run'?"


def test_a_shell_command_says_where_it_belongs(nb: Notebook) -> None:
    assert "odibi-nb demo" in nb.fails("%odibi demo").hint


def test_dollars_and_braces_in_a_line_are_taken_literally(nb: Notebook) -> None:
    nb.ok("x = 5", "%%odibi_node n --describe '{x} $x'\nSELECT 1 AS x")
    assert nb.ws.nodes["n"].config.description == "{x} $x"


def test_the_title_is_the_pipeline_the_project_or_the_folder(nb: Notebook) -> None:
    nb.ok("%%odibi_node n\nSELECT 1 AS x")
    assert nb.ws.title == nb.ws.root.name
    nb.ok("%%odibi_project\nproject: shop")
    assert nb.ws.title == "shop"
    nb.ok("%%odibi_project\nproject: shop\npipeline: nightly", "%%odibi_node n\nSELECT 1 AS x")
    assert nb.ws.title == "nightly"


def test_params_ui_is_a_table_where_there_are_no_widgets(sales: Notebook) -> None:
    ran = sales.ok("%odibi params min_amount=120 --ui +by_region")
    assert re.search(r"min_amount +120 +%odibi params +100 +clean_sales", ran.text)
    assert "<div data-odibi-twin" not in ran.html


@pytest.mark.parametrize(
    ("selectors", "message", "hint"),
    [
        ("by_region", "by_region takes no parameter", "clean_sales takes min_amount: %odibi params --ui +by_region"),
        (
            "load_sales",
            "load_sales takes no parameter",
            "clean_sales takes min_amount: %odibi params --ui clean_sales+",
        ),
        ("*_region load_sales", "none of load_sales, by_region takes a parameter", "clean_sales takes min_amount"),
        ("nowhere", "selector 'nowhere' matches no node", ""),
    ],
)
def test_nodes_without_parameters_have_no_inputs(sales: Notebook, selectors: str, message: str, hint: str) -> None:
    error = sales.fails(f"%odibi params --ui {selectors}")
    assert error.message == message
    assert hint in (error.hint or "")


def test_a_notebook_without_parameters_says_where_they_come_from(nb: Notebook) -> None:
    nb.ok("%%odibi_node n\nSELECT 1 AS x")
    assert nb.fails("%odibi params --ui").message == "no node takes a parameter"


def test_a_run_that_failed_is_resumed(nb: Notebook) -> None:
    nb.ok(
        "done, mended = [], False",
        "%%odibi_node once --no-run\ncache: false\n---\nimport pandas as pd\ndone.append(1)\npd.DataFrame({'x': [1]})",
        "%%odibi_node bad --no-run\ndef bad(once):\n    assert mended\n    return once",
    )
    nb.fails("%odibi run bad")
    nb.ok("mended = True")
    assert "failed with 1 of 2 nodes done" in nb.ok("%odibi run --resume").text
    assert nb.shell.user_ns["done"] == [1]
    assert "nothing to resume" in nb.ok("%odibi run --resume").text

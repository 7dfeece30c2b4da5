"""`--upstream stored` and `--upstream sample`: a node's cell that doesn't wait for what is above it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.shells import BY_REGION, CLEAN, LOAD, Notebook

TOTALS = "%%odibi_node totals {}\nSELECT region, sum(total) AS total FROM by_region GROUP BY region ORDER BY region"


@pytest.fixture
def stale(sales: Notebook) -> Notebook:
    """The journey's three nodes, of which the last two are out of date."""
    sales.ok("%odibi run", CLEAN.replace(">=", ">").replace("clean_sales\ndef", "clean_sales --no-run\ndef"))
    assert sales.ws.statuses() == {"load_sales": "completed", "clean_sales": "stale", "by_region": "stale"}
    return sales


def _large(nb: Notebook, folder: Path, orders: int = 1000) -> None:
    """Write orders with their lines, and what they refer to; declare the nodes that read them."""
    data = folder / "data"
    lines = [f"{n},{n // 2},{n % 300},{n}" for n in range(2 * orders)]
    (data / "lines.csv").write_text("line_id,order_id,item,amount\n" + "\n".join(lines) + "\n")
    (data / "orders.csv").write_text(
        "id,customer_id\n" + "\n".join(f"{n},{(n * 7) % 500}" for n in reversed(range(orders))) + "\n"
    )
    (data / "customers.csv").write_text("id,name\n" + "\n".join(f"{n},c{n}" for n in reversed(range(500))) + "\n")
    (data / "items.csv").write_text("id,label\n" + "\n".join(f"{n},i{n}" for n in reversed(range(300))) + "\n")
    for name in ("lines", "orders", "customers", "items"):
        nb.ok(f"%odibi_node {name} --read local:{name}.csv --no-run")


def test_stored_takes_the_last_result_and_says_so(stale: Notebook) -> None:
    ran: list[object] = []
    stale.ws.listeners.append(ran.append)
    card = stale.ok(TOTALS.format("--upstream stored"))
    assert "totals · ✓ completed · 2 rows" in card.text
    assert "[STALE INPUT]" in card.text
    assert "STALE INPUT" in card.html
    assert "note: by_region is of" in card.text
    assert "less than a minute ago: upstream clean_sales will run" in card.text
    assert stale.ws.status("totals") == "pending"
    assert stale.ws.status("by_region") == "stale"
    assert ran == []


def test_stored_is_real_where_nothing_is_stale(sales: Notebook) -> None:
    card = sales.ok("%odibi run", TOTALS.format("--upstream stored"))
    assert "STALE" not in card.text
    assert sales.ws.status("totals") == "completed"


def test_stored_without_a_result_names_the_node_and_what_to_do(nb: Notebook) -> None:
    nb.ok(f"{LOAD} --no-run")
    error = nb.fails("%%odibi_node n --upstream stored\nSELECT * FROM load_sales")
    assert "'load_sales' has no result" in error.message
    assert error.hint == "run it: %odibi run +load_sales, or try --upstream sample"
    assert (error.where.node, error.where.line) == ("n", 1)


def test_stored_leaves_a_nodes_own_result_as_it_was(stale: Notebook) -> None:
    before = stale.ws.result("by_region")
    card = stale.ok(BY_REGION.replace("by_region --write", "by_region --upstream stored --write").replace("sum", "max"))
    assert "[STALE INPUT]" in card.text
    assert stale.ws.result("by_region") is before
    assert "STALE INPUT" not in stale.ok("%odibi show by_region").text
    assert "run" in {one.action for one in stale.ws.plan("by_region")}


def test_stored_takes_results_of_other_sessions(stale: Notebook) -> None:
    stale.ws._runs.recollection.settle()
    stale.ws.close()
    card = stale.ok(TOTALS.format("--upstream stored"))
    assert "[STALE INPUT]" in card.text


def test_a_sample_runs_all_above_on_few_rows_and_is_kept_nowhere(nb: Notebook, tmp_path: Path) -> None:
    _large(nb, tmp_path)
    nb.ok("%odibi set sample=10")
    card = nb.ok("%%odibi_node n --upstream sample --write local:n.csv\nSELECT count(*) AS n FROM lines")
    assert "n · ✓ completed · 1 row" in card.text
    assert "[SAMPLE]" in card.text
    assert "note: lines: its first 10 rows" in card.text
    assert set(nb.ws.statuses().values()) == {"pending"}
    assert not (tmp_path / "data" / "n.csv").exists()
    nb.ws._runs.recollection.settle()
    assert nb.ws._runs.recollection.store.entries() == []
    nb.ok("%odibi run")
    assert nb.ws["n"].df().n.tolist() == [2000]


def test_joins_find_their_rows_in_a_sample(nb: Notebook, tmp_path: Path) -> None:
    _large(nb, tmp_path)
    nb.ok("%odibi set sample=20 upstream=sample")
    card = nb.ok(
        "%%odibi_node joined --into rows\nSELECT l.*, c.name, i.label FROM lines l\n"
        "JOIN orders AS o ON l.order_id = o.id JOIN customers c ON o.customer_id = c.id JOIN items i ON i.id = l.item"
    )
    frame = nb.shell.user_ns["rows"]
    assert frame.line_id.tolist() == list(range(20))
    assert (frame.label == "i" + frame.item.astype(str)).all()
    assert "note: orders: 10 rows that match by id of lines" in card.text
    again = nb.ok("%%odibi_node joined --into rows\n" + nb.ws.nodes["joined"].code)
    assert nb.shell.user_ns["rows"].equals(frame)
    assert "[SAMPLE]" in again.text
    assert "note: rows has these rows (SAMPLE), not the node's result" in again.text


@pytest.mark.parametrize(
    "cell",
    [
        "SELECT o.*, c.name FROM stg_orders o JOIN stg_customers c USING (customer)",
        "WITH c AS (SELECT id AS k FROM customers), o AS (FROM stg_orders) SELECT * FROM o JOIN c ON c.k = o.customer",
        "SELECT * FROM orders o JOIN (SELECT id::DOUBLE AS no, name FROM customers) AS c ON o.customer_id = c.no",
        (
            "depends_on: [orders]\ntransform: {steps: [{operation: rename, params: {columns: {customer_id: k}}},"
            " SELECT df.k FROM df JOIN stg_customers c ON df.k = c.customer]}"
        ),
        "def both(stg_orders, stg_customers):\n    return stg_orders.merge(stg_customers, on='customer_key')",
    ],
)
def test_joins_find_their_rows_by_columns_that_were_renamed(nb: Notebook, tmp_path: Path, cell: str) -> None:
    _large(nb, tmp_path)
    (tmp_path / "data" / "customers.csv").write_text("id,name\n" + "\n".join(f"{n}.0,c{n}" for n in range(900)) + "\n")
    nb.ok("%odibi set auto=off", "%odibi_node customers --read local:customers.csv --option 'types={id: DOUBLE}'")
    nb.ok("%%odibi_node stg_orders\nSELECT id AS no, customer_id AS customer, customer AS customer_key FROM orders")
    nb.ok("%%odibi_node stg_customers\nSELECT id AS customer, name, customer AS customer_key FROM customers")
    nb.ok("%odibi set auto=on sample=20 upstream=sample", f"%%odibi_node both --into rows\n{cell}")
    assert len(nb.shell.user_ns["rows"]) == 20


def test_a_source_that_is_joined_to_itself_finds_its_rows_too(nb: Notebook, tmp_path: Path) -> None:
    staff = "\n".join(f"{n},{n + 500 if n < 500 else ''}" for n in range(1000))
    (tmp_path / "data" / "staff.csv").write_text(f"id,boss_id\n{staff}\n")
    nb.ok("%odibi_node staff --read local:staff.csv --no-run", "%odibi set sample=20 upstream=sample")
    card = nb.ok(
        "%%odibi_node pairs --into rows\nSELECT a.id, b.id AS boss FROM staff a JOIN staff b ON a.boss_id = b.id"
    )
    assert nb.shell.user_ns["rows"].boss.tolist() == list(range(500, 520))
    assert "note: staff: 20 more rows that belong to these by boss_id = id" in card.text
    again = nb.ok("%%odibi_node some --into rows\nSELECT * FROM staff a WHERE a.boss_id = a.id OR a.id > 10")
    assert "more rows" not in again.text


def test_a_variable_of_an_ad_hoc_query_has_real_rows_whatever_cells_of_nodes_run_on(
    nb: Notebook, tmp_path: Path
) -> None:
    _large(nb, tmp_path)
    said = nb.ok("%odibi set sample=20 upstream=sample", "%%odibi_sql --into rows\nSELECT * FROM lines").text
    assert "2,000 rows" in said
    assert len(nb.shell.user_ns["rows"]) == 2000
    assert "%%odibi_sql reads them" in nb.ok("%odibi set upstream=sample").text


def test_a_variable_on_stored_results_is_told(stale: Notebook) -> None:
    card = stale.ok(TOTALS.format("--upstream stored --into found"))
    assert "note: found has these rows (STALE INPUT), not the node's result" in card.text
    assert "found has" not in stale.ok(TOTALS.format("--into found")).text


def test_a_name_that_other_tables_have_too_ties_no_others(nb: Notebook, tmp_path: Path) -> None:
    _large(nb, tmp_path)
    nb.ok("%odibi set sample=20 upstream=sample")
    nb.ok("%%odibi_node o\nSELECT o.id AS order_no, c.name FROM orders o JOIN customers c ON o.customer_id = c.id")
    card = nb.ok("%%odibi_node l\nSELECT * FROM o, items i WHERE i.id = o.order_no")
    assert "customers: 20 rows that match by id of orders" in card.text


def test_small_sources_are_taken_whole_and_python_nodes_find_keys_by_name(nb: Notebook, tmp_path: Path) -> None:
    (tmp_path / "data" / "facts.csv").write_text("k,shop_id\n" + "\n".join(f"{n},{n + 50}" for n in range(100)) + "\n")
    (tmp_path / "data" / "shops.csv").write_text("shop_id,town\n" + "\n".join(f"{n},t" for n in range(200)) + "\n")
    (tmp_path / "data" / "towns.csv").write_text("town,land\nt,x\n")
    for name in ("facts", "shops", "towns"):
        nb.ok(f"%odibi_node {name} --read local:{name}.csv --no-run")
    nb.ok("%odibi set sample=10")
    card = nb.ok(
        "%%odibi_node merged --upstream sample --into rows\ndef merged(facts, shops, towns):\n"
        "    return facts.merge(shops, on='shop_id').merge(towns, on='town')"
    )
    assert "towns: whole, 1 row" in card.text
    assert len(nb.shell.user_ns["rows"]) == 10


def test_rows_that_refer_to_several_others_find_them_all(nb: Notebook, tmp_path: Path) -> None:
    sold = "\n".join(f"{n},{n % 50},{n % 30},{'x' * 20}" for n in range(3000))
    (tmp_path / "data" / "sold.csv").write_text(f"n,shop,item,remark\n{sold}\n")
    stock = "\n".join(f"{shop},{item}" for shop in reversed(range(50)) for item in range(30))
    (tmp_path / "data" / "stock.csv").write_text(f"shop,item\n{stock}\n")
    nb.ok("%odibi_node sold --read local:sold.csv --no-run", "%odibi_node stock --read local:stock.csv --no-run")
    nb.ok(
        "%odibi set sample=10",
        "%%odibi_node both --upstream sample --into rows\n"
        "SELECT s.n FROM sold s JOIN stock t ON s.shop = t.shop AND s.item = t.item",
    )
    assert nb.shell.user_ns["rows"].n.tolist() == [9]


def test_data_tests_only_report_on_a_sample(nb: Notebook, tmp_path: Path) -> None:
    nb.ok("%%odibi_expect lines none\nSELECT * FROM lines")
    _large(nb, tmp_path)
    nb.ok("%odibi set sample=10", "%odibi_node lines --read local:lines.csv --no-run --expect 'row_count > 1000'")
    card = nb.ok("%%odibi_node n --upstream sample --expect 'n > 5000'\nSELECT count(*) AS n FROM lines")
    assert "✓ completed" in card.text
    assert "n > 5000" in card.text


def test_what_fails_in_a_sample_is_raised_and_kept_nowhere(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node clean_sales --no-run\ndef clean_sales(load_sales):\n    return 1 / 0")
    ran = nb.run(BY_REGION.replace(" --write", " --upstream sample --write"))
    assert "ZeroDivisionError" in str(ran.error)
    assert "by_region · » skipped [SAMPLE]" in ran.text
    assert nb.ws.status("clean_sales") == "pending"


def test_a_source_that_can_not_be_read_is_blamed(nb: Notebook, tmp_path: Path) -> None:
    nb.ok("%odibi_node missing --read local:nope.csv --no-run")
    error = nb.fails("%%odibi_node n --upstream sample\nSELECT * FROM missing")
    assert (error.where.node, error.where.cell) == ("missing", "3")
    assert "nope.csv" in error.message
    rows = "".join(f"{n},1\n" for n in range(500))
    (tmp_path / "data" / "bad.csv").write_text(f"a,b\n{rows}7\n{rows}")
    nb.ok("%odibi_node bad --read local:bad.csv --no-run")
    error = nb.fails("%%odibi_node m --upstream sample\nSELECT * FROM bad")
    assert (error.where.node, error.where.line) == ("bad", 502)


def test_the_pandas_engine_takes_samples_too(nb: Notebook, tmp_path: Path) -> None:
    nb.ok("%%odibi_project\nengine: pandas\nconnections: {local: {type: local, base_path: ./data}}")
    _large(nb, tmp_path, orders=100)
    card = nb.ok(
        "%odibi set sample=10",
        "%%odibi_node n --upstream sample\nSELECT count(*) AS n FROM lines l JOIN orders o ON l.order_id = o.id",
    )
    assert "orders: 5 rows that match by id of lines" in card.text


def test_side_effects_above_are_not_performed(nb: Notebook, tmp_path: Path) -> None:
    nb.ok(LOAD, "%%odibi_node tell --returns none\ndef tell(load_sales):\n    open('told', 'w').close()")
    nb.ok("%%odibi_node after --upstream sample --depends-on tell\nSELECT count(*) AS n FROM load_sales")
    assert not (tmp_path / "told").exists()


def test_files_in_sql_are_read_in_full_and_named(nb: Notebook) -> None:
    card = nb.ok("%%odibi_node n --upstream sample\nSELECT * FROM 'data/sales.csv'")
    assert "sales.csv in full: it stands in its SQL" in card.text


def test_the_setting_is_for_cells_and_a_run_computes_real_rows(stale: Notebook, tmp_path: Path) -> None:
    said = stale.ok("%odibi set upstream=stored").text
    assert "upstream=stored sample=10000" in said
    assert "%odibi run computes and writes real rows all the same" in said
    assert "[STALE INPUT]" in stale.ok(TOTALS.format("")).text
    assert "[STALE INPUT]" not in stale.ok("%odibi set upstream=fresh", TOTALS.format("")).text
    assert "upstream is fresh, stored or sample" in stale.fails("%odibi set upstream=old").message


def test_an_option_on_the_cell_wins_over_the_setting(stale: Notebook) -> None:
    stale.ok("%odibi set upstream=stored")
    assert "STALE INPUT" not in stale.ok(TOTALS.format("--upstream fresh")).text


def test_mock_rows_and_a_shortcut_exclude_each_other(sales: Notebook) -> None:
    assert "--mock and --upstream" in sales.fails(TOTALS.format("--mock --upstream stored")).message


def test_python_tries_a_shortcut_too(stale: Notebook) -> None:
    result = stale.ws.try_shortcut("by_region", "sample").of("by_region")
    assert result.badges == ("SAMPLE",)
    with pytest.raises(Exception, match="'stored' or 'sample'"):
        stale.ws.try_shortcut("by_region", "fresh")

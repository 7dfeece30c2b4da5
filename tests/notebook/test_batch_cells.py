"""Nodes in cells that take and give their rows batch by batch."""

from __future__ import annotations

from tests.notebook.shells import LOAD, Notebook

IMPORTS = "from collections.abc import Iterator\nimport pyarrow as pa\nimport pyarrow.compute as pc"
DOUBLED = """%%odibi_node doubled
def doubled(load_sales: Iterator[pa.RecordBatch], factor=2) -> Iterator[pa.RecordBatch]:
    for batch in load_sales:
        print(batch.num_rows, "rows")
        yield batch.append_column("twice", pc.multiply(batch["amount"], factor))"""


def test_a_generator_in_a_cell_is_a_node_with_its_card(nb: Notebook) -> None:
    ran = nb.ok(LOAD, IMPORTS, DOUBLED)
    assert "doubled · ✓ completed · 4 rows" in ran.text
    assert "twice" in ran.text
    assert "4 rows" in nb.ws.result("doubled").output.text
    assert nb.ws["doubled"].df().twice.tolist() == (2 * nb.ws["load_sales"].df().amount).tolist()


def test_a_generator_expression_ends_plain_code(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node parts\n(load_sales.iloc[[n]] for n in range(3))")
    assert nb.ws["parts"].rows == 3


def test_its_failure_is_shown_at_the_line_of_the_cell(nb: Notebook) -> None:
    nb.ok(LOAD, IMPORTS)
    error = nb.fails(DOUBLED.replace('"amount"', '"amuont"'))
    assert (error.where.line, error.where.node) == (5, "doubled")
    assert "amuont" in error.message


def test_batches_that_differ_are_told_at_the_function(nb: Notebook) -> None:
    cell = (
        "%%odibi_node odd\ndef odd():\n    yield pa.record_batch({'a': [1]})\n    yield pa.record_batch({'a': ['x']})"
    )
    nb.ok(IMPORTS)
    error = nb.fails(cell)
    assert "batch 2: column 'a' is VARCHAR, and was BIGINT in batch 1" in error.message
    assert error.where.line == 2


def test_mocks_and_unit_tests_give_batches(nb: Notebook) -> None:
    nb.ok(LOAD, IMPORTS, DOUBLED)
    assert "[MOCK]" in nb.ok("%%odibi_mock doubled\nload_sales: [{amount: 5}, {amount: 7}]").text
    test = "given: mock\nexpect: {rows: [{amount: 5, twice: 10}, {amount: 7, twice: 14}]}"
    nb.ok(f"%%odibi_test doubled twice\n{test}")
    failing = nb.fails(f"%%odibi_test doubled wrong\n{test.replace('14', '15')}")
    assert "15" in str(failing)


def test_a_node_declared_in_python_takes_batches_too(nb: Notebook) -> None:
    nb.ok(LOAD, IMPORTS, "import odibi_nb\nws = odibi_nb.workspace()")
    nb.ok(
        "def sizes(load_sales: Iterator[pa.RecordBatch]):\n"
        "    yield from (pa.record_batch({'n': [batch.num_rows]}) for batch in load_sales)\n"
        "ws.node('sizes', sizes); ws.run()"
    )
    assert nb.ws["sizes"].df().n.tolist() == [4]

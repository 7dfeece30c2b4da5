"""Which cell has which node: renamed, edited, deleted, twice, out of order, after a reload."""

from __future__ import annotations

import pytest

from tests.notebook.shells import BY_REGION, CLEAN, LOAD, PROJECT, Kernel, Notebook

ONE = "%%odibi_node n\nSELECT 1 AS x"
TWO = "%%odibi_node n\nSELECT 2 AS x"


@pytest.fixture
def loaded(kernel: Kernel) -> Kernel:
    kernel.ok("%load_ext odibi_nb", "%odibi reset", PROJECT)
    return kernel


def _nodes(kernel: Kernel) -> list[str]:
    return kernel.ok("%odibi ls").text.split()


def _value(kernel: Kernel, name: str = "n") -> str:
    return kernel.ok(f"import odibi_nb\nprint(odibi_nb.workspace()['{name}'].df().x.tolist())").text.strip()


def test_a_renamed_node_is_found_again_by_its_cell(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    loaded.ok("%odibi rename n m")
    assert "renamed from 'm'" in loaded.run(ONE, cellId="a").text
    assert _nodes(loaded) == ["n"]


def test_a_rename_in_the_cell_names_those_that_read_the_old_name(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    loaded.run("%%odibi_node reader\nSELECT * FROM n", cellId="b")
    assert "renamed from 'n'; still reading 'n': reader" in loaded.run(ONE.replace(" n", " m"), cellId="a").text
    assert "reads 'n', which is not declared" in loaded.run("%odibi run").traceback


def test_a_rename_may_change_only_the_case(nb: Notebook) -> None:
    nb.ok(ONE, "%odibi rename n N")
    assert list(nb.ws) == ["N"]
    nb.ok("%odibi rename N N")
    assert list(nb.ws) == ["N"]


def test_a_deleted_cells_node_goes_and_its_readers_wait(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    loaded.run("%%odibi_node reader\nSELECT * FROM n", cellId="b")
    ran = loaded.run("1 + 1", cellId="c", deletedCells=["a"])
    assert "dropped n: its cell was deleted · %odibi drop n --undo brings it back" in ran.text
    assert _nodes(loaded) == ["reader"]
    loaded.ok("%odibi drop n --undo", "%odibi run")
    assert _value(loaded, "reader") == "[1]"


def test_a_cell_that_was_deleted_and_put_back_declares_as_ever(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    ran = loaded.run(ONE, cellId="a", deletedCells=["a"])
    assert "dropped" not in ran.text
    assert _nodes(loaded) == ["n"]


def test_a_node_declared_again_is_no_longer_to_be_brought_back(nb: Notebook) -> None:
    nb.ok(ONE, "%odibi drop n", TWO)
    assert "no node 'n' was dropped" in str(nb.fails("%odibi drop n --undo"))
    assert nb.ws["n"].df().x.tolist() == [2]


def test_a_cell_edited_to_declare_nothing_drops_its_node(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    ran = loaded.run("x = 5", cellId="a")
    assert "dropped n: its cell declares it no more · %odibi drop n --undo brings it back" in ran.text
    assert _nodes(loaded) == []


def test_a_line_taken_out_of_a_cell_drops_its_node_alone(loaded: Kernel) -> None:
    lines = "%odibi_node a --read local:sales.csv\n%odibi_node b --read local:sales.csv"
    loaded.run(lines, cellId="a")
    assert _nodes(loaded) == ["a", "b"]
    loaded.run(lines.split("\n", maxsplit=1)[0], cellId="a")
    assert _nodes(loaded) == ["a"]


def test_a_cell_that_fails_keeps_the_node_that_it_had(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    assert loaded.run("%%odibi_node n\nSELECT FROM", cellId="a").error_name == "TransformError"
    assert _nodes(loaded) == ["n"]


def test_one_name_in_two_cells_is_warned_of_and_the_last_run_wins(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    ran = loaded.run(TWO, cellId="b")
    assert "both declare 'n'" in ran.text
    assert _value(loaded) == "[2]"
    assert "both declare 'n'" in loaded.run(ONE, cellId="a").text
    assert _value(loaded) == "[1]"


@pytest.mark.parametrize("deleted", ["a", "b"])
def test_of_two_cells_with_one_name_the_one_that_stays_has_it(loaded: Kernel, deleted: str) -> None:
    loaded.run(ONE, cellId="a")
    loaded.run(TWO, cellId="b")
    ran = loaded.run("1 + 1", cellId="c", deletedCells=[deleted])
    assert "dropped" not in ran.text
    loaded.ok("%odibi run")
    assert _value(loaded) == ("[2]" if deleted == "a" else "[1]")


def test_a_second_cell_that_takes_another_name_gives_the_first_its_own_back(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    loaded.run(TWO, cellId="b")
    loaded.run(TWO.replace(" n", " m"), cellId="b")
    assert sorted(_nodes(loaded)) == ["m", "n"]
    loaded.ok("%odibi run")
    assert (_value(loaded, "n"), _value(loaded, "m")) == ("[1]", "[2]")


def test_cells_run_in_any_order_come_to_the_same(loaded: Kernel) -> None:
    assert "waits for clean_sales" in loaded.run(BY_REGION, cellId="c").text
    assert "waits for load_sales" in loaded.run(CLEAN, cellId="b").text
    assert "✓ completed" in loaded.run(LOAD, cellId="a").text
    assert "✓ completed · 2 rows" in loaded.run(BY_REGION, cellId="c").text
    loaded.run(CLEAN.replace(">=", "<"), cellId="b")
    assert "stale" in loaded.ok("%odibi").text
    assert "✓ completed · 1 row" in loaded.run(BY_REGION, cellId="c").text


def test_cells_keep_their_nodes_over_a_reload(loaded: Kernel) -> None:
    loaded.run(ONE, cellId="a")
    loaded.ok("%reload_ext odibi_nb")
    assert "renamed from 'n'" in loaded.run(ONE.replace(" n", " m"), cellId="a").text
    ran = loaded.run("1 + 1", cellId="c", deletedCells=["a"])
    assert ran.text.count("dropped m: its cell was deleted") == 1


def test_without_ids_nothing_is_guessed(nb: Notebook) -> None:
    nb.ok(ONE, "x = 5", TWO.replace(" n", " m"))
    assert list(nb.ws) == ["n", "m"]

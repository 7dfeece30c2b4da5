"""Where a text stands in its cell or file, and a place within it."""

from __future__ import annotations

import pytest

from odibi_nb.exceptions import TransformError
from odibi_nb.runner.tasks import Place

CELL = (
    "%%odibi_node n",
    "transform:",
    "  steps:",
    "    - sql: |",
    "        SELECT a,",
    "          b",
    "        FROM t",
)
FOLDED = ("steps:", "- 'SELECT a", "", "  FROM t'")


@pytest.mark.parametrize(
    ("place", "text", "at", "expected"),
    [
        (Place("5", lines=CELL, first_line=5), "SELECT a,\n  b\nFROM t", (2, 3), (6, 11, "          b")),
        (Place("5", lines=("SELECT a", "FROM t")), "SELECT a\nFROM t", (2, 6), (2, 6, "FROM t")),
        (Place(file="x.yaml", lines=FOLDED, first_line=2), "SELECT a\nFROM t", (2, 6), (4, 8, "  FROM t'")),
        (Place(file="x.yaml", lines=FOLDED, first_line=2), "SELECT a FROM t", (1, 8), (2, None, "- 'SELECT a")),
        (Place(first_line=0), "SELECT a\nFROM t", (2, 6), (2, 6, "FROM t")),
        (Place("5", lines=CELL, first_line=5), "SELECT a", (None, None), (None, None, None)),
    ],
)
def test_a_place_in_a_text_is_a_place_in_its_cell_or_file(
    place: Place, text: str, at: tuple[int | None, int | None], expected: tuple[object, ...]
) -> None:
    found = place.point(text, *at)
    assert (found["line"], found["column"], found["source"]) == expected


def test_an_error_without_a_place_gets_that_of_its_node() -> None:
    error = Place("5", first_line=2, lines=("", "%%odibi_node n")).of(TransformError("x"), "n")
    assert (error.where.node, error.where.cell, error.where.line, error.where.source) == ("n", "5", 2, "%%odibi_node n")


def test_the_place_of_a_file_is_not_mixed_with_that_of_the_node() -> None:
    error = Place("5", first_line=2).of(TransformError("x", file="a.csv"), "n")
    assert (error.where.cell, error.where.file, error.where.line) == ("5", "a.csv", None)

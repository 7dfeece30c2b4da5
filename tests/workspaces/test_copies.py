"""Which notebooks of a folder are copies of one."""

from __future__ import annotations

from pathlib import Path

import nbformat

from odibi_nb.workspaces.copies import copies_of


def saved(file: Path, *ids: str) -> Path:
    """Write a notebook with cells of these ids, and an output that has ids of its own."""
    output = nbformat.v4.new_output("display_data", {"application/json": {"id": "p1004"}})
    cells = [nbformat.v4.new_code_cell("1", id=one, outputs=[output]) for one in ids]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
    return file


def test_a_copy_has_most_of_the_cells(tmp_path: Path) -> None:
    file = saved(tmp_path / "sales.ipynb", "a", "b", "c")
    copy = saved(tmp_path / "sales-Copy1.ipynb", "a", "b", "d")
    saved(tmp_path / "begun_from_it.ipynb", "a", "x", "y", "z")
    saved(tmp_path / "other.ipynb", "p1004", "q")
    (tmp_path / "broken.ipynb").write_text("{")
    assert copies_of(file) == [copy]

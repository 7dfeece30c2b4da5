"""Notebooks for the browser, with their data."""

from __future__ import annotations

from pathlib import Path

import nbformat


def write_notebook(folder: Path, name: str, cells: tuple[str, ...], sales: str, *, may_fail: bool = False) -> None:
    """Write a notebook and the file it reads; may_fail: the cells after one that fails are run all the same."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "sales.csv").write_text(sales, encoding="utf-8")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    for cell in made.cells if may_fail else ():
        cell.metadata["tags"] = ["raises-exception"]
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, folder / name)

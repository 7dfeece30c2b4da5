"""Notebooks for the browser, with their data."""

from __future__ import annotations

from pathlib import Path

import nbformat


def write_notebook(folder: Path, name: str, cells: tuple[str, ...], sales: str) -> None:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "sales.csv").write_text(sales, encoding="utf-8")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, folder / name)

"""Notebooks written for export, and what their nodes give."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from odibi_nb.exporting import Exported, export
from odibi_nb.workspaces import Workspace
from odibi_nb.workspaces.headless import load_target

PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}\nvars: {least: 100}"
LOAD = "%%odibi_node load_sales --read local:sales.csv"
SALES = "region,amount\nN,50\nN,150\nS,200\nS,\n"


def notebook(folder: Path, *cells: str, name: str = "nb.ipynb", tags: dict[int, str] | None = None) -> Path:
    """Write a notebook beside `data/sales.csv`; tags: of cells, by number."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "sales.csv").write_text(SALES)
    listed = [
        {
            "cell_type": "code",
            "source": cell,
            "metadata": {"tags": [tags[number]]} if tags and number in tags else {},
            "id": f"c{number}",
        }
        for number, cell in enumerate(cells)
    ]
    file = folder / name
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed}))
    return file


def exported(folder: Path, *cells: str, force: bool = False, **more: Any) -> Exported:
    """Export a notebook of these cells into `out`."""
    ws = load_target(notebook(folder, *cells, **more)).workspace
    try:
        return export(ws, folder / "out", force=force)
    finally:
        ws.close()


def files_in(folder: Path) -> dict[str, str]:
    """Return the texts of the files below a folder."""
    found = (file for file in sorted(folder.rglob("*")) if file.is_file() and ".odibi" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_text() for file in found}


def given(ws: Workspace, name: str) -> Any:
    """Return what a node gave: columns with types in order, and the rows whatever their order."""
    table = ws[name].arrow()
    return [(one.name, one.type) for one in ws[name].schema], Counter(map(repr, table.to_pylist()))


def outcome(target: Path) -> dict[str, Any]:
    """Run a target in full and return what each node gave."""
    ws = load_target(target).workspace
    ws.keep_nothing()
    try:
        ws.run()
        return {name: given(ws, name) for name in ws.nodes if ws.nodes[name].config.returns == "frame"}
    finally:
        ws.close()

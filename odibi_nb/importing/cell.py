"""Cells, and the file that they make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["NewCell", "cells_text", "notebook_text"]

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class NewCell:
    """A cell; name: what its id is made of. is_setup: headless runs run it whole."""

    name: str
    text: str
    kind: Literal["code", "markdown"] = "code"
    is_setup: bool = False


def notebook_text(cells: Iterable[NewCell]) -> str:
    """Return the text of an `.ipynb` file, as Jupyter would save it: nbformat 4.5, without outputs."""
    taken: set[str] = set()
    made = [_cell(cell, _id(cell.name, taken)) for cell in cells]
    document = {"cells": made, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def cells_text(document: str) -> str:
    """Return what the cells of a notebook say, without outputs and counts, as text to be compared line by line."""
    cells = json.loads(document).get("cells", [])
    return "\n".join(f"# --- {cell['cell_type']}{_tags(cell)} ---\n{''.join(cell['source'])}\n" for cell in cells)


def _tags(cell: dict[str, Any]) -> str:
    tags = cell.get("metadata", {}).get("tags", [])
    return f", {', '.join(tags)}" if tags else ""


def _cell(cell: NewCell, cell_id: str) -> dict[str, Any]:
    metadata = {"tags": ["odibi-setup"]} if cell.is_setup else {}
    made: dict[str, Any] = {"cell_type": cell.kind, "id": cell_id, "metadata": metadata}
    if cell.kind == "code":
        made = {"cell_type": "code", "execution_count": None, "id": cell_id, "metadata": metadata, "outputs": []}
    return {**made, "source": cell.text.strip("\n").splitlines(keepends=True)}


def _id(name: str, taken: set[str]) -> str:
    """Return an id that only this cell has, the same each time."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "cell"
    number, found = 1, plain[:_LONGEST_ID]
    while found in taken:
        number += 1
        found = f"{plain[: _LONGEST_ID - 4]}-{number}"
    taken.add(found)
    return found

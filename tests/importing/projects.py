"""Projects to import: written to disk, and the notebook that comes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from odibi_nb.importing import Imported, import_project

HEAD = "project: shop\nconnections:\n  local: {type: local, base_path: ./data}\n"


@dataclass
class Notebook:
    """The cells of a notebook file."""

    cells: list[dict[str, Any]]

    @property
    def texts(self) -> list[str]:
        return ["".join(cell["source"]) for cell in self.cells]

    @property
    def ids(self) -> list[str]:
        return [cell["id"] for cell in self.cells]

    def __getitem__(self, cell_id: str) -> str:
        return self.texts[self.ids.index(cell_id)]


class Project:
    """A folder with `odibi.yaml`; what is imported is `nb.ipynb` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def nodes(self, text: str, *, head: str = HEAD, below: str = "") -> Path:
        """Write one pipeline of nodes, which begin at the left margin."""
        nodes = "".join(f"      {line}\n" for line in dedent(text).strip("\n").split("\n"))
        below = dedent(below).lstrip("\n")
        return self.write("odibi.yaml", f"{head}pipelines:\n  - pipeline: sales\n    nodes:\n{nodes}{below}")

    def cells(self, name: str, *cells: str, setup: str = "") -> Path:
        """Write a notebook; setup: what the cell begins with that headless runs run whole."""
        made = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"c{number}",
                "metadata": {"tags": ["odibi-setup"]} if setup and text.startswith(setup) else {},
                "outputs": [],
                "source": text,
            }
            for number, text in enumerate(cells)
        ]
        return self.write(name, json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    def convert(self, name: str = "nb.ipynb", *, force: bool = False) -> Imported:
        return import_project(self.folder, self.folder / name, force=force)

    def notebook(self, name: str = "nb.ipynb") -> Notebook:
        """Import, and return what came of it."""
        self.convert(name)
        return read(self.folder / name)

    def listing(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


def read(file: Path) -> Notebook:
    return Notebook(json.loads(file.read_text("utf-8"))["cells"])

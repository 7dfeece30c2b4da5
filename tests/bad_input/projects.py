"""Projects and notebooks to break: written to disk, run through the real doors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .doors import Outcome, shell

Files = Mapping[str, str | bytes]

GOOD = "id,region\n1,N\n2,S\n"
PROJECT_CELL = "%%odibi_project\nconnections:\n  local: {type: local, base_path: ./data}\n"
FUNCTIONS = "import datetime as dt\n\nimport pandas as pd\n\nfrom odibi_nb import transform\n\n\n@transform\n"


def source(path: str, name: str = "load", **read: Any) -> dict[str, Any]:
    return {"name": name, "read": {"connection": "local", "path": path, **read}}


def sql(text: str, write: str | None = None, name: str = "out", **fields: Any) -> dict[str, Any]:
    return {"name": name, "transform": {"steps": [text]}, **_writing(write), **fields}


def python(write: str | None = None, name: str = "out", function: str = "f") -> dict[str, Any]:
    return {"name": name, "transform": {"steps": [{"function": function}]}, **_writing(write)}


def copy(write: str | None = "out.csv") -> dict[str, Any]:
    """A node that writes what `load` reads."""
    return sql("SELECT * FROM load", write)


def _writing(path: str | None) -> dict[str, Any]:
    return {} if path is None else {"write": {"connection": "local", "path": path}}


@dataclass(frozen=True)
class Target:
    """A project file or notebook in a folder of its own, its files below `data`."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path.parent / "data"

    def run(self, *options: str, before: Callable[[], None] | None = None) -> Outcome:
        return shell("run", self.path, *options, before=before)

    def validate(self, *options: str) -> Outcome:
        return shell("validate", self.path, *options)

    def listing(self) -> list[str]:
        return sorted(str(file.relative_to(self.data)) for file in self.data.rglob("*"))

    def text(self, name: str = "out.csv") -> str:
        return (self.data / name).read_text("utf-8")


def write_project(
    folder: Path, nodes: list[dict[str, Any]], *, files: Files | None = None, functions: str = "", **project: Any
) -> Target:
    """functions: the source of functions that the nodes name."""
    place(folder, files)
    if functions:
        (folder / "transforms.py").write_text(functions, "utf-8")
    content = {
        "project": "bad_input",
        "connections": {"local": {"type": "local", "base_path": "./data"}},
        "pipelines": [{"pipeline": "main", "nodes": nodes}],
        **project,
    }
    path = folder / "odibi.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    return Target(path)


def write_notebook(folder: Path, *cells: str, files: Files | None = None) -> Target:
    """The cells come after one that configures the connection `local`: the first of them is cell 2."""
    place(folder, files)
    path = folder / "nb.ipynb"
    path.write_text(json.dumps(notebook([PROJECT_CELL, *cells])), "utf-8")
    return Target(path)


def notebook(cells: list[str]) -> dict[str, Any]:
    form: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    coded = [{**form, "id": f"cell-{number}", "source": cell} for number, cell in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": coded}


def place(folder: Path, files: Files | None) -> None:
    (folder / "data").mkdir(exist_ok=True)
    for name, content in (files or {}).items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

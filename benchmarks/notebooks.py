"""Notebooks and projects that benchmarks write for themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

__all__ = ["write_notebook"]


def write_notebook(file: Path, cells: Iterable[str]) -> Path:
    """Write a notebook of code cells that have not run."""
    written = [
        {
            "cell_type": "code",
            "id": f"cell-{at}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": cell,
        }
        for at, cell in enumerate(cells)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": written}), "utf-8")
    return file

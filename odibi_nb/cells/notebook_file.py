"""A notebook file's code cells, read without Jupyter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odibi_nb.exceptions import FormatError, SourceNotFoundError, did_you_mean

__all__ = ["NotebookCell", "NotebookFile", "read_notebook"]


@dataclass(frozen=True, slots=True)
class NotebookCell:
    """A code cell.

    label: its place among the code cells, counted from 1. id: None in files older than nbformat 4.5.
    tags: of its metadata, such as `odibi-setup`, `parameters`, `injected-parameters`.
    """

    label: str
    source: str
    id: str | None = None
    tags: tuple[str, ...] = ()
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A notebook's path and its code cells, in order."""

    path: Path
    cells: tuple[NotebookCell, ...]


def read_notebook(path: str | Path) -> NotebookFile:
    """Read the code cells of an `.ipynb` file of nbformat 4.

    Raises SourceNotFoundError where there is no such file, FormatError where it is no notebook.
    """
    path = Path(path)
    document = _read_json(path)
    version = document.get("nbformat")
    if isinstance(version, int) and version != 4:
        hint = f"convert it: jupyter nbconvert --to notebook --inplace {path.name}"
        raise FormatError(f"the notebook's format is nbformat {version}, not 4", hint=hint, file=str(path))
    cells = document.get("cells")
    if version is None or not isinstance(cells, list):
        raise FormatError(
            "the file is JSON, but no notebook", hint="a notebook has `nbformat` and `cells`", file=str(path)
        )
    return NotebookFile(path, tuple(_code_cells(cells, path)))


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as exc:
        raise SourceNotFoundError(f"there is no notebook '{path}'", hint=_nearest(path)) from exc
    except OSError as exc:
        raise FormatError(f"the notebook can't be read: {exc.strerror}", file=str(path)) from exc
    except json.JSONDecodeError as exc:
        hint = "an .ipynb file is JSON; was it cut off, or left with conflict marks?"
        message = f"the notebook isn't JSON: {exc.msg}"
        raise FormatError(message, hint=hint, file=str(path), line=exc.lineno, column=exc.colno) from exc
    except UnicodeDecodeError as exc:
        raise FormatError("the notebook isn't UTF-8 text", file=str(path)) from exc
    if not isinstance(document, dict):
        raise FormatError("the file is JSON, but no notebook", hint="a notebook is a JSON object", file=str(path))
    return document


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder '{folder}' either"
    names = sorted(other.name for other in folder.glob("*.ipynb"))
    listed = f"the folder has {', '.join(names[:5])}" if names else "the folder has no notebooks"
    return did_you_mean(path.name, names) or listed


def _code_cells(cells: list[Any], path: Path) -> Iterator[NotebookCell]:
    label = 0
    for position, cell in enumerate(cells):
        if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
            raise FormatError("the notebook has a cell that is none", file=str(path), key=f"cells[{position}]")
        if cell["cell_type"] != "code":
            continue
        label += 1
        source, metadata = cell.get("source", ""), cell.get("metadata") or {}
        yield NotebookCell(
            label=str(label),
            source="".join(source) if isinstance(source, list) else source,
            id=cell.get("id"),
            tags=tuple(metadata.get("tags") or ()),
            execution_count=cell.get("execution_count"),
        )

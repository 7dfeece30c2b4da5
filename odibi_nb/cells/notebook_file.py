"""A notebook file's code cells, read without Jupyter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odibi_nb.exceptions import FormatError, SourceNotFoundError, did_you_mean

__all__ = ["NotebookCell", "NotebookFile", "read_notebook"]


_NOT_JUPYTERS = "Jupyter doesn't write such files: restore it, or open and save it there"


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
        hint = "give a file that this user may read"
        raise FormatError(f"the notebook can't be read: {exc.strerror}", hint=hint, file=str(path)) from exc
    except json.JSONDecodeError as exc:
        hint = "an .ipynb file is JSON; was it cut off, or left with conflict marks?"
        message = f"the notebook isn't JSON: {exc.msg}"
        raise FormatError(message, hint=hint, file=str(path), line=exc.lineno, column=exc.colno) from exc
    except UnicodeDecodeError as exc:
        raise FormatError("the notebook isn't UTF-8 text", hint="save it as UTF-8", file=str(path)) from exc
    except RecursionError as exc:
        raise FormatError("the JSON is nested too deeply for a notebook", hint=_NOT_JUPYTERS, file=str(path)) from exc
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
            raise FormatError(
                "the notebook has a cell that is none", hint=_NOT_JUPYTERS, file=str(path), key=f"cells[{position}]"
            )
        if cell["cell_type"] != "code":
            continue
        label += 1
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        yield NotebookCell(
            label=str(label),
            source=_source(cell, path, f"cells[{position}].source"),
            id=cell.get("id"),
            tags=tuple(tags) if isinstance(tags, list) else (),
        )


def _source(cell: Mapping[str, Any], path: Path, key: str) -> str:
    """Return a cell's text, which nbformat allows to be one string or a list of lines."""
    given = cell.get("source", "")
    lines = given if isinstance(given, list) else [given]
    if not all(isinstance(line, str) for line in lines):
        raise FormatError("the source of a cell is not text", hint=_NOT_JUPYTERS, file=str(path), key=key)
    source = "".join(lines)
    try:
        source.encode()
    except UnicodeEncodeError as exc:
        line = source.count("\n", 0, exc.start) + 1
        raise FormatError(
            f"the cell holds {source[exc.start]!a}, half of a character",
            hint="delete it: no text file can hold it",
            file=str(path),
            key=key,
            line=line,
        ) from exc
    return source

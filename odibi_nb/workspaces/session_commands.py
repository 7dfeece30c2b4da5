"""`%odibi` lines of a notebook that change something in its session, and that a headless run leaves out."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from odibi_nb.cells.definitions import LeftOut
from odibi_nb.cells.magics import CellMagic, find_line_magics, find_magic
from odibi_nb.cells.notebook_file import NotebookCell
from odibi_nb.cells.option_parser import is_option, split_line
from odibi_nb.cells.queries import split_sql
from odibi_nb.exceptions import UsageError, shortened

__all__ = ["left_out_lines"]


class _Effect(NamedTuple):
    """What to do in place of a line; changes: what would be another with it, "" where nothing is computed otherwise."""

    instead: str
    changes: str = ""


def left_out_lines(cells: Collection[NotebookCell], missing: Collection[str], notebook: Path) -> Iterator[LeftOut]:
    """Yield the lines that would have changed something.

    missing: names that nodes use and that no plain code defines. notebook: the cells' own file.
    """
    for cell in cells:
        magic = find_magic(cell.source)
        for found in [magic] if magic is not None else find_line_magics(cell.source):
            try:
                effect = _effect(found, missing, notebook)
            except UsageError:  # in a kernel it is an error
                continue
            if effect is not None:
                text = shortened(f"{'%%' if magic is not None else '%'}{found.name} {found.line}".rstrip(), 60)
                yield LeftOut(cell.label, found.magic_line, text, effect.instead, effect.changes or None)


def _effect(magic: CellMagic, missing: Collection[str], notebook: Path) -> _Effect | None:
    if magic.name == "odibi_sql":
        into = split_sql(magic.line)[0].into
        if into is None or into not in missing:
            return None
        return _Effect(f"nodes use '{into}', which only the session has: make the query a node", into)
    words = split_line(magic.line) if magic.name == "odibi" else []
    reads = _EFFECTS.get(words[0]) if len(words) > 1 or words == ["reset"] else None
    effect = _use(words[1:], notebook) if words[:1] == ["use"] else reads(words[1:]) if reads is not None else None
    return effect._replace(instead=f"a command of the session: {effect.instead}") if effect is not None else None


def _params(words: Sequence[str]) -> _Effect | None:
    set_here = [word for word in words if "=" in word and not is_option(word)]
    if not set_here:  # it only shows them
        return None
    given = " ".join(f"--param {shlex.quote(word)}" for word in set_here)
    return _Effect(f"give {given}", ", ".join(word.partition("=")[0] for word in set_here))


def _drop(words: Sequence[str]) -> _Effect | None:
    if "--undo" in words:
        return None
    if "::" in words[0]:
        return _Effect("delete the cell of the test instead")
    return _Effect(f"delete the cell of the {'node' if len(words) == 1 else 'expectation'} instead", words[0])


def _rename(words: Sequence[str]) -> _Effect:
    return _Effect("write the new name into the cell of the node instead", words[0])


def _reset(words: Sequence[str]) -> _Effect:
    return _Effect("delete the cells above it instead", "every node")


def _use(words: Sequence[str], notebook: Path) -> _Effect | None:
    files = [word for word in words if not is_option(word)]
    if not files or (notebook.parent / files[0]).resolve() == notebook.resolve():
        return None
    nodes = f"the nodes of {files[0]}"
    return _Effect(f"{nodes} are no part of this one's: copy their cells, or read what they write", nodes)


def _set(words: Sequence[str]) -> _Effect:
    names = [word.removeprefix("env=") for word in words if word.startswith("env=")]
    for name in (one for one in names if one not in ("", "none")):
        return _Effect(f"give --env {shlex.quote(name)}", "the environment")
    return _Effect("it is about cells and their cards")


_EFFECTS: dict[str, Callable[[Sequence[str]], _Effect | None]] = {
    "params": _params,
    "drop": _drop,
    "rename": _rename,
    "reset": _reset,
    "set": _set,
}

"""What might help against an exception of user code: the nearest column, attribute or name."""

from __future__ import annotations

import builtins
import linecache
import re
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from odibi_nb.exceptions import did_you_mean

__all__ = ["SENT_HINT", "hint_of", "is_users_code"]

SENT_HINT = "odibi_nb_hint"
"""Attribute of an exception of another process, where the frames that tell a hint were."""

_LIBRARY = str(Path(__file__).parent.parent)
_SHOWN_COLUMNS = 20
_EXTRAS = {"polars": "polars"}
"""By package, the extra of ours that installs it."""
_NAME = re.compile(r"name '([^']+)' is not defined")


def hint_of(exc: BaseException) -> str | None:
    """Return a hint against an exception; None where nothing near is known."""
    if hasattr(exc, SENT_HINT):
        sent: str | None = getattr(exc, SENT_HINT)
        return sent
    if isinstance(exc, ImportError):
        extra = _EXTRAS.get((exc.name or "").partition(".")[0])
        return f"pip install 'odibi_nb[{extra}]'" if extra else None
    frames = [frame for frame, _ in traceback.walk_tb(exc.__traceback__)]
    if isinstance(exc, KeyError) and exc.args:
        return _missing_column(exc.args[0], frames)
    if isinstance(exc, AttributeError) and exc.name and exc.obj is not None:
        columns = _columns(exc.obj)
        return did_you_mean(exc.name, columns) or did_you_mean(exc.name, dir(exc.obj), likeness=0.8)
    if isinstance(exc, EOFError) and "reading a line" in str(exc):
        return "nobody answers input() there: make it a parameter, as in `def node(base, least=5)`"
    name = _NAME.search(str(exc)) if isinstance(exc, NameError) else None
    return _missing_name(name[1], frames) if name else None


def is_users_code(file: str) -> bool:
    """Whether a code file is the user's: a cell, or a module that isn't installed."""
    if file.startswith("<"):
        return bool(linecache.getlines(file))
    path = Path(file)
    return path.suffix == ".py" and not file.startswith(_LIBRARY) and not {"site-packages", "lib"} & set(path.parts)


def _missing_column(key: Any, frames: Sequence[FrameType]) -> str | None:
    """Suggest a column of the DataFrame that was indexed; pandas' own stack frame has it, or else the user's."""
    columns = _columns_indexed(frames) or _columns_in_reach(frames)
    # Of several columns pandas names the missing ones: "['a'] not in index".
    missing = [name for name in re.findall(r"'([^']*)'", str(key)) if name not in columns] or [str(key)]
    if not columns:
        return None
    return did_you_mean(missing[0], columns) or f"columns: {', '.join(columns[:_SHOWN_COLUMNS])}"


def _columns_indexed(frames: Iterable[FrameType]) -> list[str]:
    found: list[str] = []
    for frame in frames:
        owner = frame.f_locals.get("self")
        if frame.f_code.co_name == "__getitem__" and _is_frame(owner):
            found = _columns(owner)
    return found


def _columns_in_reach(frames: Sequence[FrameType]) -> list[str]:
    """Return the columns of the one DataFrame that the user's code has, if it was pandas that raised."""
    if "pandas" not in Path(frames[-1].f_code.co_filename).parts:
        return []
    within = [_columns(value) for frame in _users(frames)[-1:] for value in frame.f_locals.values()]
    tables = [columns for columns in within if columns]
    return tables[0] if len(tables) == 1 else []


def _missing_name(name: str, frames: Sequence[FrameType]) -> str | None:
    """Suggest a variable, or a column of a DataFrame that is one (`df.query("…")` names them)."""
    for frame in _users(frames)[-1:]:
        columns = [column for value in frame.f_locals.values() for column in _columns(value)]
        return did_you_mean(name, [*frame.f_locals, *frame.f_globals, *dir(builtins), *columns], likeness=0.75)
    return None


def _users(frames: Iterable[FrameType]) -> list[FrameType]:
    return [frame for frame in frames if is_users_code(frame.f_code.co_filename)]


def _columns(value: Any) -> list[str]:
    return [str(name) for name in value.columns] if _is_frame(value) else []


def _is_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and hasattr(value, "columns")

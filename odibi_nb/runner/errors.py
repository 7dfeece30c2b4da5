"""What a node's exception becomes: one error of ours, at the user's own line."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from odibi_nb.exceptions import NodeExecutionError, OdibiException, Where, did_you_mean
from odibi_nb.runner.tasks import FunctionStep, NodeTask, Place, SqlStep, Step
from odibi_nb.sql.errors import mentioned_at
from odibi_nb.sql.rooting import written_column

__all__ = ["as_error", "at_step", "from_user_code"]

_LIBRARY = str(Path(__file__).parent.parent)


@contextmanager
def from_user_code(step: FunctionStep, task: NodeTask) -> Iterator[None]:
    """Turn what the user's function raises into a NodeExecutionError at the line that raised it."""
    try:
        yield
    except OdibiException as exc:
        exc.at(node=task.name, **_raised_at(exc.__traceback__, step.place))
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # whatever else user code raises fails its node alone, panics of extensions too
        error = NodeExecutionError(_message(exc), hint=_hint(exc), node=task.name)
        raise error.at(**_raised_at(exc.__traceback__, step.place)) from exc


def as_error(exc: BaseException, task: NodeTask) -> OdibiException:
    """Return any exception of a node as one of ours that names the node."""
    if isinstance(exc, OdibiException):
        return task.place.of(exc, task.name)
    error = task.place.of(NodeExecutionError(_message(exc)), task.name)
    error.__cause__ = exc
    return error


def at_step(error: OdibiException, step: Step) -> OdibiException:
    """Give an error its place in the cell or file: its line so far is the statement's own."""
    if error.where.cell is not None or error.where.file is not None:
        return error
    if not isinstance(step, SqlStep):  # the SQL made of an operation has lines that nobody wrote
        error.where = replace(error.where, **{"column": None, "source": None, "line": None, **step.place.locate(1)})
        return error
    if error.where.line is None:
        line, column = _told(error, step)
    else:
        line, column = error.where.line, _column(error.where, step)
    error.where = replace(error.where, **step.place.point(step.written, line, column))
    return error


def _told(error: OdibiException, step: SqlStep) -> tuple[int | None, int | None]:
    """Return the place in a statement that an error's words give away."""
    file = next((file for file in step.facts.files if file.path in error.message), None)
    return (file.line, None) if file is not None else mentioned_at(error.message, step.written)


def _column(where: Where, step: SqlStep) -> int | None:
    """Return the column in the line as the user wrote it: file literals are longer when they are executed."""
    own, run = _nth_line(step.written, where.line), _nth_line(step.facts.statement, where.line)
    if where.column is None or own is None or run is None:
        return where.column
    return written_column(own, run, where.column)


def _nth_line(text: str, line: int | None) -> str | None:
    lines = text.split("\n")
    return lines[line - 1] if line is not None and 0 < line <= len(lines) else None


def _message(exc: BaseException) -> str:
    text = exc.args[0] if isinstance(exc, KeyError) and exc.args else str(exc)
    return f"{type(exc).__name__}: {text}"


def _hint(exc: BaseException) -> str | None:
    """Suggest a column where a KeyError is a column that isn't there."""
    if not isinstance(exc, KeyError) or not exc.args:
        return None
    frame = _frame_indexed(exc.__traceback__)
    if frame is None:
        return None
    columns = [str(name) for name in frame.columns]
    return did_you_mean(str(exc.args[0]), columns) or f"columns: {', '.join(columns[:20])}"


def _frame_indexed(trace: TracebackType | None) -> Any:
    """Return the DataFrame whose `[...]` raised, from pandas' own stack frame; None if there is none."""
    found = None
    for frame, _ in traceback.walk_tb(trace):
        owner = frame.f_locals.get("self")
        if frame.f_code.co_name == "__getitem__" and type(owner).__name__ == "DataFrame":
            found = owner
    return found


def _raised_at(trace: TracebackType | None, place: Place) -> dict[str, Any]:
    """Return where the user's code was: the deepest line in the node's own text, else in any text of the user's."""
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]
    own = [line for file, line in lines if file == place.code_file]
    if own:
        return place.locate(own[-1] - place.first_line + 1)
    if users := [(file, line) for file, line in lines if _is_users(file)]:
        file, line = users[-1]
        return {"file": file, "line": line, "source": _line_of(file, line)}
    return place.locate(None)


def _is_users(file: str) -> bool:
    return not file.startswith((_LIBRARY, "<frozen")) and not {"site-packages", "lib"} & set(Path(file).parts)


def _line_of(file: str, line: int) -> str | None:
    import linecache

    return linecache.getline(file, line).rstrip() or None

"""What a node's exception becomes: one error of ours, at the user's own line."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice, takewhile
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from odibi_nb.exceptions import NodeExecutionError, NotAFrameError, OdibiException, Where
from odibi_nb.runner.advice import advised
from odibi_nb.runner.hints import hint_of, is_users_code
from odibi_nb.runner.tasks import FunctionStep, NodeTask, Place, SqlStep, Step
from odibi_nb.sql.errors import mentioned_at
from odibi_nb.sql.rooting import written_column

__all__ = ["about_result", "about_rows", "about_test", "as_error", "at_step", "from_user_code"]

E = TypeVar("E", bound=OdibiException)


_EXPECT = re.compile(r"--expect\s(?:(?!\s--).)*")


@contextmanager
def from_user_code(step: FunctionStep, task: NodeTask) -> Iterator[None]:
    """Turn what the user's function raises into a NodeExecutionError at the line that raised it."""
    try:
        yield
    except OdibiException as exc:
        exc.at(node=task.name, **_raised_at(exc, step.place))
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # whatever else user code raises fails its node alone, panics of extensions too
        error = NodeExecutionError(_message(exc), hint=hint_of(exc), node=task.name)
        raise error.at(**_raised_at(exc, step.place)) from exc


def as_error(exc: BaseException, task: NodeTask) -> OdibiException:
    """Return any exception of a node as one of ours that names the node."""
    if isinstance(exc, OdibiException):
        return task.place.of(exc, task.name)
    hint = hint_of(exc) if isinstance(exc, ImportError) else None  # of what a parameter's annotation asks for
    error = task.place.of(NodeExecutionError(_message(exc), hint=hint), task.name)
    error.__cause__ = exc
    return error


def at_step(error: OdibiException, step: Step) -> OdibiException:
    """Give an error its place in the cell or file: its line so far is the statement's own."""
    if error.where.cell is not None or error.where.file is not None:
        return error
    if not isinstance(step, SqlStep):  # the SQL made of an operation has lines that nobody wrote
        line, column = mentioned_at(error.message, _written_of(step.place))
        nowhere = {"line": None, "source": None}
        error.where = replace(error.where, **{**nowhere, **step.place.locate(line or 1)}, column=column)
        return error
    error = advised(error, step)
    if error.where.line is None:
        line, column = _told(error, step)
    else:
        line, column = error.where.line, _column(error.where, step)
    error.where = replace(error.where, **step.place.point(step.written, line, column))
    return error


def about_rows(error: OdibiException, task: NodeTask) -> OdibiException:
    """Give an error that came up only when a node's rows were computed its place: the node's last step made them."""
    return as_error(at_step(error, task.steps[-1]) if task.steps else error, task)


def about_test(error: E, task: NodeTask) -> E:
    """Give an error about a column that a data test names its place, where that stands above the node's body."""
    _, found, rest = error.message.partition("there is no column '")
    column = re.escape(rest.removesuffix("'"))
    name = re.compile(rf"(?<!\w){column}(?!\w)")
    end = task.steps[0].place.first_line - 1 if task.steps else len(task.place.lines)
    for number, start, text in _tests_in(task.place.lines[:end]) if found and task.place.cell is not None else ():
        if named := name.search(text):
            where = {"line": number, "column": start + named.start() + 1, "source": task.place.lines[number - 1]}
            return error.at(**{**task.place.locate(None), **where})
    return error


def _tests_in(lines: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the texts of a cell's data tests, each with its line and where it begins there."""
    in_header = False
    for number, line in enumerate(lines, start=1):
        if line.startswith("%"):
            yield from ((number, option.start(), option[0]) for option in _EXPECT.finditer(line))
        else:
            in_header = in_header or line.startswith("validation")
            yield from [(number, 0, line)] if in_header else []


def about_result(error: OdibiException, step: FunctionStep) -> OdibiException:
    """Give an error about what a function returned the place where that comes from, or advice where nothing does."""
    function, place = step.function, step.place
    if (line := getattr(function, "result_line", None)) is not None:
        error.at(**place.locate(line - place.first_line + 1))
    if isinstance(error, NotAFrameError) and (advice := getattr(function, "advice", None)):
        error.hint = (error.hint or "").replace("return a DataFrame", advice, 1)
    return error


def _told(error: OdibiException, step: SqlStep) -> tuple[int | None, int | None]:
    """Return the place in a statement that an error's words give away."""
    file = next((file for file in step.facts.files if file.path in error.message), None)
    return (file.line, None) if file is not None else mentioned_at(error.message, step.written)


def _written_of(place: Place) -> str:
    """Return the text of a step in YAML: its line, and those below it that are indented deeper."""
    first, *below = place.lines[max(place.first_line - 1, 0) :] or ("",)
    margin = len(first) - len(first.lstrip())
    deeper = takewhile(lambda line: len(line) - len(line.lstrip()) > margin, below)
    return "\n".join([first, *deeper])


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
    return f"{type(exc).__name__}: {text}" if str(text) else type(exc).__name__


def _raised_at(exc: BaseException, place: Place) -> dict[str, Any]:
    """Return where the user's code was: the deepest line in the node's own text, and what that led to.

    Without one, the deepest line in any text of the user's.
    """
    lines = list(_lines_of(exc.__traceback__))
    if isinstance(exc, SyntaxError):  # of a module that is imported
        lines.append(_Line(exc.filename or "", exc.lineno or 1))
    own = [at for at, line in enumerate(lines) if line.file == place.code_file]
    users = [line for line in lines[own[-1] + 1 if own else 0 :] if is_users_code(line.file)]
    if own:
        line = lines[own[-1]]
        via = users[-1].described(place) if users else None
        return {**place.locate(line.number - place.first_line + 1), "column": line.column, "via": via}
    return users[-1].located(place) if users else place.locate(None)


def _lines_of(trace: TracebackType | None) -> Iterator[_Line]:
    while trace is not None:
        code = trace.tb_frame.f_code
        start, _, offset, _ = next(islice(code.co_positions(), trace.tb_lasti // 2, None), (None,) * 4)
        is_known = start == trace.tb_lineno and offset is not None
        yield _Line(code.co_filename, trace.tb_lineno, code.co_name, offset if is_known else None)
        trace = trace.tb_next


class _Line(NamedTuple):
    """A line of a traceback; name: of the function that it stands in. offset: in bytes, of what failed there."""

    file: str
    number: int
    name: str = "<module>"
    offset: int | None = None

    @property
    def source(self) -> str | None:
        return linecache.getline(self.file, self.number).rstrip() or None

    @property
    def column(self) -> int | None:
        if self.offset is None or self.source is None:
            return None
        return len(self.source.encode()[: self.offset].decode(errors="ignore")) + 1

    def located(self, place: Place) -> dict[str, Any]:
        label = place.label_of(self.file)
        where = {"file": self.file} if label is None else {"cell": label}
        return {**where, "line": self.number, "column": self.column, "source": self.source}

    def described(self, place: Place) -> str:
        label = place.label_of(self.file)
        where = self.file if label is None else f"cell {label}"
        function = "" if self.name.startswith("<") else f"{self.name}, "
        return f"in {function}{where}, line {self.number}: {(self.source or '').strip()}"

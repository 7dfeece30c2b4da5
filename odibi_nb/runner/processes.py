"""Python nodes in processes of their own: none waits for another's Python, and each can be stopped.

The processes are started anew, never forked: a fork of a kernel's threads may hang for ever. Rows go to and fro as
Arrow files, which are mapped into memory; functions as code (see `parcels`).
"""

from __future__ import annotations

import itertools
import linecache
import os
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from odibi_nb.engine.machine import usable_cpus
from odibi_nb.engine.own_folder import OwnFolder
from odibi_nb.exceptions import NodeCancelled
from odibi_nb.runner.child_process import ChildProcess
from odibi_nb.runner.messages import Closed, Done, Failed, Given, Job, Said, Wanted
from odibi_nb.runner.parcels import pack, packed_call
from odibi_nb.runner.raised import describe

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.base import Dataset
    from odibi_nb.runner.tasks import FunctionStep

__all__ = ["Processes", "Returned"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""By these, libraries that compute in threads of their own are told how many."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back of a call: rows, or nothing. error: what is wrong with them; of the function nothing is."""

    table: pa.Table | None = None
    notes: tuple[str, ...] = ()
    error: BaseException | None = None


class Processes:
    """The processes of a run, kept while it lasts; as many as nodes run at once.

    count: how many. expected: of them, how many are started at once, since there will be calls for them.
    """

    def __init__(self, count: int, *, expected: int) -> None:
        self._count, self._expected = count, min(count, expected)
        self._lock = threading.Lock()
        self._free: list[ChildProcess] = []
        self._all: list[ChildProcess] = []
        self._stopped = False
        self._numbers = itertools.count(1)
        self._inputs: weakref.WeakKeyDictionary[Dataset, _InputFile] = weakref.WeakKeyDictionary()

    def __enter__(self) -> Self:
        self._folder = OwnFolder(Path(tempfile.gettempdir()), "odibi_nb_rows_")
        try:
            self._free = [self._start() for _ in range(self._expected)]
        except BaseException:  # no more processes may be started, or Ctrl-C: nobody will leave what wasn't entered
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        with self._lock:  # a thread that was interrupted may still be letting go of its own
            left = list(self._all)
        for child in left:
            child.end()
        for child in left:
            child.wait()
            child.close()
        self._folder.remove()

    def stop(self) -> None:
        """End all processes, whatever they do; from any thread."""
        with self._lock:
            self._stopped = True
            for child in self._all:
                child.kill()

    def given(self, data: Dataset, kind: str) -> Given:
        """Return a result as an input that a process can read; several readers share one file."""
        from odibi_nb.engine.values import ObjectDataset

        if isinstance(data, ObjectDataset):
            return Given(value=pack(data.value))
        with self._lock:
            file = self._inputs.setdefault(data, _InputFile(self._path()))
        return Given(file.written(data), kind)

    def job(
        self, step: FunctionStep, node: str, returns: str, given: Mapping[str, Given], context: tuple[str, ...]
    ) -> Job:
        """Return a call of a step's function; raises TransformError for what can't be sent."""
        from odibi_nb.cells.python_body import without_unknown

        handed = {name: _Handed(one) for name, one in given.items()}
        function = getattr(step.function, "real", step.function)
        args, named = step.binding.call(lambda *args, **named: (args, named), handed, _Context())
        args, named = without_unknown(step.binding.signature.python, args, named)
        call, files = packed_call(function, args, named)
        lines = {file: linecache.cache[file] for file in files if file in linecache.cache}
        path = str(self._path())
        return Job(node, call, returns, path, context, lines, str(Path.cwd()), tuple(map(str, sys.path)))

    def call(self, job: Job, answer: Callable[[str], Given]) -> Returned:
        """Make a call and return what it has; answer: gives the inputs that `context.get` asks for.

        What it prints is printed here. Raises what the function raises, NodeCancelled once the processes are
        stopped, NodeExecutionError when the process ends before the call does.
        """
        child = self._take()
        try:
            outcome = self._converse(child, job, answer)
        except Closed:
            self._let_go(child)
            if self._stopped:
                raise NodeCancelled("interrupted") from None
            raise child.death() from None
        except BaseException:
            child.kill()
            self._let_go(child)
            raise
        sys.stdout.write(child.said())
        self._free.append(child)
        if isinstance(outcome, Done):
            path = Path(job.path)
            return Returned(_rows_in(path) if path.exists() else None, outcome.notes)
        error = outcome.raised.error()
        if not outcome.of_result:
            raise error
        return Returned(error=error)

    def _converse(self, child: ChildProcess, job: Job, answer: Callable[[str], Given]) -> Done | Failed:
        child.channel.send(job)
        while True:
            message = child.channel.receive()
            if isinstance(message, Said):
                sys.stdout.write(message.text)
            elif isinstance(message, Wanted):
                child.channel.send(_answered(answer, message.name))
            else:
                return cast("Done | Failed", message)

    def _take(self) -> ChildProcess:
        with self._lock:
            if self._stopped:
                raise NodeCancelled("interrupted")
            return self._free.pop() if self._free else self._start()

    def _let_go(self, child: ChildProcess) -> None:
        child.wait()
        sys.stdout.write(child.said())
        child.close()
        with self._lock:
            self._all.remove(child)

    def _start(self) -> ChildProcess:
        threads = str(max(1, usable_cpus() // self._count))
        child = ChildProcess(self._path(), dict.fromkeys(_THREADS, threads) | os.environ)
        self._all.append(child)
        return child

    def _path(self) -> Path:
        return self._folder.path / f"{next(self._numbers)}"


class _InputFile:
    """A result as a file, once somebody wants it."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock, self._is_there = path, threading.Lock(), False

    def written(self, data: Dataset) -> str:
        from odibi_nb.runner.arrow_files import write_table

        with self._lock:
            if not self._is_there:
                write_table(data.arrow(), self._path)
                self._is_there = True
        return str(self._path)


class _Handed:
    """An input among the arguments of a call; in the process it is the frame."""

    def __init__(self, given: Given) -> None:
        self._given = given

    def __reduce__(self) -> tuple[Any, ...]:
        from odibi_nb.runner.child import given_here

        return given_here, (self._given,)


class _Context:
    """The context among the arguments of a call."""

    def __reduce__(self) -> tuple[Any, ...]:
        from odibi_nb.runner.child import context_here

        return context_here, ()


def _answered(answer: Callable[[str], Given], name: str) -> Given | Failed:
    try:
        return answer(name)
    except Exception as exc:  # noqa: BLE001 - it is raised where it was asked for, and fails the node there
        return Failed(describe(exc))


def _rows_in(path: Path) -> pa.Table:
    from odibi_nb.runner.arrow_files import take_table

    return take_table(path)

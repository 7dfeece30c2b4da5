"""The process of Python nodes: makes the calls that it is sent, one after the other, until the run closes the pipe."""

from __future__ import annotations

import importlib
import linecache
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odibi_nb.capture import NodeOutput, capturing, for_node
from odibi_nb.context import LazyContext
from odibi_nb.engine.batches import Incoming
from odibi_nb.engine.values import ValueDataset, publish_value, table_to_frame
from odibi_nb.runner.arrow_files import read_table, write_table
from odibi_nb.runner.awaiting import awaited
from odibi_nb.runner.messages import Channel, Closed, Done, Failed, Given, Job, Said, Wanted
from odibi_nb.runner.raised import describe

__all__ = ["context_here", "given_here", "main"]

_LOOK_S = 1.0


def main() -> None:
    """Serve the process that has started this one."""
    # Ctrl-C is sent to the whole group; the run ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(_take_stdin(), _take_stdout())
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    importlib.import_module("pandas")  # while the run is still busy with what the node reads

    with capturing():
        while True:
            try:
                _Serving.now = _Serving(channel, channel.receive())
                channel.send(_Serving.now.run())
            except Closed:
                return


class _Serving:
    """One call. now: that which goes on; a process makes one at a time."""

    now: _Serving

    def __init__(self, channel: Channel, job: Job) -> None:
        self._channel, self._job = channel, job
        self._asking = threading.Lock()
        self.input_rows = 0

    def run(self) -> Done | Failed:
        job = self._job
        try:
            with for_node(_Sending(self._channel)):
                self._settle_in()
                function, args, named = pickle.loads(job.call)  # noqa: S301 - of our own run
                value = awaited(function(*args, **named))
                return self._publish(value) if job.returns == "frame" else Done()
        except Closed:
            raise
        except BaseException as exc:  # noqa: BLE001 - whatever it is, the node has failed of it
            return Failed(describe(exc, skipped=__file__))

    def frame(self, given: Given) -> Any:
        """Return an input as its parameter wants it."""
        if given.value:
            return pickle.loads(given.value)  # noqa: S301 - of our own run
        table = read_table(given.path)
        if given.kind == "pandas":
            self.input_rows = max(self.input_rows, table.num_rows)
        return table_to_frame(table, given.kind)  # type: ignore[arg-type]

    def context(self) -> LazyContext:
        return LazyContext(self._ask, lambda: self._job.context)

    def _ask(self, name: str) -> Any:
        with self._asking:
            self._channel.send(Wanted(name))
            answer = self._channel.receive()
        if isinstance(answer, Failed):
            raise answer.raised.error()
        return self.frame(answer)

    def _settle_in(self) -> None:
        """Have the run's folder, its modules, and the texts that tracebacks and warnings quote."""
        os.chdir(self._job.folder)
        sys.path[:] = self._job.imports
        linecache.cache.update(self._job.lines)

    def _taken_in(self, value: Any) -> ValueDataset:
        if isinstance(value, Iterator):
            return Incoming(value, self._job.node).collected()
        return publish_value(value, self._job.node, input_rows=self.input_rows)

    def _publish(self, value: Any) -> Done | Failed:
        try:
            data = self._taken_in(value)
            write_table(data.arrow(), Path(self._job.path))
        except Exception as exc:  # noqa: BLE001 - what is wrong with the result fails the node
            return Failed(describe(exc, skipped=__file__), of_result=True)
        return Done(data.notes)


class _Sending(NodeOutput):
    """What the node prints, sent on as it comes."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def write(self, text: str) -> int:
        if text:
            self._channel.send(Said(text))
        return len(text)


def given_here(given: Given) -> Any:
    """Return an input of the call that is being made."""
    return _Serving.now.frame(given)


def context_here() -> LazyContext:
    """Return the context of the call that is being made."""
    return _Serving.now.context()


def _take_stdin() -> Any:
    """Return the pipe from the run; what else reads stdin, a program too, finds it at its end."""
    ours = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return ours


def _take_stdout() -> Any:
    """Return the pipe to the run; what else goes to stdout by its number goes where stderr does."""
    ours = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return ours


def _end_with(parent: int) -> None:
    """End once the run's process is gone: a node that computes on for hours would not notice."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)

"""What a run and the processes of its nodes say to each other, over pipes."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from odibi_nb.runner.raised import Raised

__all__ = ["Channel", "Closed", "Done", "Failed", "Given", "Job", "Said", "Wanted"]


@dataclass(frozen=True, slots=True)
class Job:
    """A call to be made. call: function, arguments and named arguments, packed. lines: source texts by file's name.

    returns: as of the node. context: names that `context.get` may give. path: where the resulting rows go.
    folder, imports: the working directory and `sys.path` of the run.
    """

    node: str
    call: bytes
    returns: str
    path: str
    context: tuple[str, ...] = ()
    lines: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """An input: an Arrow file, and what is to be made of it; or a packed value."""

    path: str = ""
    kind: str = "pandas"
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Said:
    """What the node printed, warned or logged."""

    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An input that `context.get` asks for; the answer is a Given or a Failed."""

    name: str


@dataclass(frozen=True, slots=True)
class Done:
    """The node has returned, and its rows are in the file. notes: see `Dataset`."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """Something was raised; of_result: by what the function returned, not by the function."""

    raised: Raised
    of_result: bool = False


class Closed(Exception):
    """The other end is gone."""


class Channel:
    """Whole messages over two pipes; `send` may be called from any thread."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader, self._writer = reader, writer
        self._lock = threading.Lock()

    def send(self, message: Any) -> None:
        """Send; raises Closed."""
        data = pickle.dumps(message, protocol=5)
        try:
            with self._lock:
                self._writer.write(len(data).to_bytes(8, "big") + data)
                self._writer.flush()
        except (OSError, ValueError) as exc:  # ValueError: closed at this end
            raise Closed from exc

    def receive(self) -> Any:
        """Wait for a message; raises Closed."""
        try:
            size = self._reader.read(8)
            data = self._reader.read(int.from_bytes(size, "big")) if len(size) == 8 else b""
        except (OSError, ValueError) as exc:
            raise Closed from exc
        if not data or len(data) < int.from_bytes(size, "big"):
            raise Closed
        return pickle.loads(data)  # noqa: S301 - of the process at the other end, which is our own

    def close(self) -> None:
        for end in (self._writer, self._reader):
            try:
                end.close()
            except OSError:  # what was still to be sent to a process that is gone
                continue

"""What the last run of a notebook or project has come to: written as it goes on, so that a kill leaves it usable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from odibi_nb.exceptions import UsageError
from odibi_nb.runner import Event, NodeFinished, RunFinished, RunStarted
from odibi_nb.store.records import keep_private, unfinished
from odibi_nb.workspaces.jobs import RunRequest

__all__ = ["LastRun", "Noting", "begun_run", "nothing_to_resume", "read_last_run"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run that has ended, or was killed.

    process: by which what reads the outside world is told from that of other runs. params: of the run alone; lost:
    those that JSON can't hold. done: the nodes that have completed, with what a node of no rows stood for. status: ""
    for a run that was killed.
    """

    at: float
    process: str
    names: tuple[str, ...]
    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    env: str | None = None
    force: bool = False
    done: Mapping[str, str] = field(default_factory=dict)
    status: str = ""

    @property
    def is_complete(self) -> bool:
        return self.status == "completed"

    def over(self, request: RunRequest) -> RunRequest:
        """Return what goes on with this run; what the request itself says of parameters and nodes comes first.

        What was to be computed in any case, and isn't done, still is.
        """
        if lost := [name for name in self.lost if name not in request.params]:
            given = " ".join(f"--param {name}=…" for name in lost)
            raise UsageError(f"the run doesn't tell its value of {', '.join(lost)} any more", hint=f"give {given}")
        if not request.selectors and not request.exclude:
            request = replace(request, selectors=tuple(self.selectors), exclude=tuple(self.exclude))
        left = [name for name in self.names if name not in self.done] if self.force else []
        again = dict.fromkeys(left, "forced")
        return replace(request, params={**self.params, **request.params}, done=self.done, again=again)


class Noting:
    """A listener of a run that notes how far it is.

    path: of the file; None: it is noted nowhere. digest_of: gives what a node stands for now.
    """

    def __init__(self, path: Path | None, begun: LastRun, digest_of: Callable[[str], str]) -> None:
        self._path, self._begun, self._digest_of = path, begun, digest_of
        self._file: IO[str] | None = None

    def __call__(self, event: Event) -> None:
        with suppress(OSError):  # what can't be noted can't be resumed, and a run has other things to do
            match event:
                case RunStarted(names=names):
                    self._begin(names)
                case NodeFinished(result=result):
                    has_rows = result.dataset is not None and bool(result.dataset.schema)
                    digest = self._digest_of(result.node_name) if result.success and not has_rows else ""
                    self._note([result.node_name, result.status, digest])
                case RunFinished(outcome=outcome):
                    self._note(outcome.status)
                    if self._file is not None:
                        self._file.close()

    def _begin(self, names: tuple[str, ...]) -> None:
        if self._path is None:
            return
        keep_private(self._path.parents[1])
        done = {name: digest for name, digest in self._begun.done.items() if name not in names}
        begun = replace(self._begun, names=(*names, *done), done=done)
        with unfinished(self._path) as file:
            file.write_text(f"{json.dumps(_head(begun))}\n", encoding="utf-8")
            file.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def _note(self, said: Any) -> None:
        if self._file is not None and not self._file.closed:
            self._file.write(f"{json.dumps(said)}\n")
            self._file.flush()


def begun_run(request: RunRequest, process: str, env: str | None) -> LastRun:
    """Return a run that begins."""
    plain = {name: value for name, value in request.params.items() if _is_plain(value)}
    lost = tuple(name for name in request.params if name not in plain)
    selectors, exclude = tuple(request.selectors), tuple(request.exclude)
    is_forced = request.force or bool(request.again)
    return LastRun(time.time(), process, (), selectors, exclude, plain, lost, env, is_forced, request.done)


def nothing_to_resume() -> UsageError:
    """Return what to say where no run has left anything."""
    hint = "run it without --resume; it takes a store (settings: store)"
    return UsageError("there is no run to resume", hint=hint)


def read_last_run(path: Path) -> LastRun | None:
    """Return the last run; None where there is none."""
    try:
        head, *said = list(_lines(path))
        if head.pop("version") != _VERSION:
            return None
        begun = LastRun(**head)
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None
    done = dict(begun.done)
    for name, status, digest in (one for one in said if isinstance(one, list)):
        done.pop(name, None)
        if status == "completed":
            done[name] = digest
    status = next((one for one in said if isinstance(one, str)), "")
    return replace(begun, done=done, status=status)


def _lines(path: Path) -> Iterator[Any]:
    """Yield what is noted; a kill may have left half of the last line."""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def _head(run: LastRun) -> dict[str, Any]:
    said = {name: getattr(run, name) for name in run.__dataclass_fields__ if name != "status"}
    return {"version": _VERSION, **said, "done": dict(run.done), "params": dict(run.params)}


def _is_plain(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False

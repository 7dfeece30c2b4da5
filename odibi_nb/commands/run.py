"""`run`: compute and write."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from odibi_nb.cells.option_parser import Option, collect, key_text
from odibi_nb.cells.options import MOCK_OPTION
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.selecting import EXCLUDE, SELECT, SELECTORS, selectors
from odibi_nb.commands.settings import typed_parameters
from odibi_nb.exceptions import OdibiException, UsageError, plural
from odibi_nb.pipeline.finished import FinishedRun
from odibi_nb.pipeline.results import node_dict
from odibi_nb.runner import RunOutcome
from odibi_nb.runner.workers import worker_count
from odibi_nb.views import RunView
from odibi_nb.views.build import error_view, run_view
from odibi_nb.views.sampled import with_bad_rows
from odibi_nb.workspaces import RunRequest
from odibi_nb.workspaces.last_run import LastRun, nothing_to_resume
from odibi_nb.workspaces.plan import clock

__all__ = ["COMMANDS", "PARAM", "RECOMPUTING", "reported", "request_of"]


def run(call: Call) -> Shown:
    """Compute what the selected nodes need, and write the selected ones."""
    from odibi_nb.pictures import run_html, run_text

    values = call.values
    if not call.ws.nodes:
        raise UsageError("there is no node to run", hint="declare one: a cell %%odibi_node NAME, or `nodes` in YAML")
    params = typed_parameters(call, collect("run", "--param", values.get("param", ())))
    request = request_of(call, params)
    resumed = _resumed(call) if request.resume else None
    if resumed is not None and resumed.is_complete:
        return _nothing_to_resume(call, resumed)
    outcome = call.ws.attempt(request, call.listeners)
    if resumed is not None:
        outcome.notes = (_about(resumed), *outcome.notes)
    is_cell = call.door == "cell"
    view = run_view(call.ws, outcome, in_cell=is_cell)
    error = _error_of(outcome)
    status = _STATUSES[outcome.status]
    if is_cell:
        view = replace(_without(view, error), notes=outcome.notes, story=_story(call, outcome))
        return Shown(run_text(view), run_html(view), error=error, afterwards=partial(reported, outcome))
    if isinstance(outcome.report, FinishedRun):  # a log is kept as a story is: it shows no more
        view = with_bad_rows(view, outcome.report)
    shown = Shown(run_text(view), error=error, exit_status=status, notes=outcome.notes)
    if not values.get("json"):
        return replace(shown, afterwards=partial(reported, outcome))
    told = reported(outcome)  # before the one object, which says where the story is
    data = run_dict(view.title, outcome) | ({} if request.mock is None else {"mock": request.mock})
    return replace(shown, data=data, notes=(*shown.notes, *told.notes))


def reported(outcome: RunOutcome) -> Shown:
    """Write what a run leaves behind; return where its story is, and what else there is to say of that."""
    if (report := outcome.report) is None:
        return Shown()
    notes, path = report.write(), report.story_path
    if path is None:
        return Shown(notes=notes)
    is_below = Path(path).is_absolute() and Path(path).is_relative_to(Path.cwd())
    return Shown(f"story: {Path(path).relative_to(Path.cwd()) if is_below else path}", notes=notes)


def _story(call: Call, outcome: RunOutcome) -> tuple[str, str] | None:
    """Return a run's id and the address of its story, from the notebook where that is above it."""
    report = outcome.report
    if report is None or (path := report.planned_path) is None:
        return None
    is_below = Path(path).is_absolute() and Path(path).is_relative_to(call.ws.root)
    return report.run_id, Path(path).relative_to(call.ws.root).as_posix() if is_below else path


def request_of(call: Call, params: Mapping[str, Any]) -> RunRequest:
    """Return what a call of `run` or `plan` asks for."""
    values = call.values
    return RunRequest(
        selectors(call),
        tuple(values.get("exclude", ())),
        params,
        force=bool(values.get("force")),
        append_again=bool(values.get("append_again")),
        workers=values.get("workers", 1),
        fail_fast=bool(values.get("fail_fast")),
        preview=1 if call.door == "cell" else 0,
        mock=values.get("mock"),
        processes=bool(values.get("processes")),
        wait_s=_wait_s(values),
        resume=bool(values.get("resume")),
        door=call.door,
    )


def _resumed(call: Call) -> LastRun:
    """Return the run to go on with; its environment holds, unless a shell's call names another one."""
    if call.values.get("mock") or call.values.get("force"):
        raise UsageError("--resume goes on with a run as it was", hint="leave out --force and --mock")
    last = call.ws.last_run
    if last is None:
        raise nothing_to_resume()
    environments = call.ws.environments
    if call.door == "shell" and not call.values.get("env") and last.env != environments.name:
        environments.choose(last.env)
    return last


def _nothing_to_resume(call: Call, last: LastRun) -> Shown:
    text = f"nothing to resume: the last run completed {clock(last.at)}"
    return Shown(text, data=run_dict(call.ws.title, RunOutcome()))


def _about(last: LastRun) -> str:
    ended = {"failed": "failed", "cancelled": "was interrupted"}.get(last.status, "was killed")
    done = f"{len(last.done)} of {plural(len(last.names), 'node')} done"
    return f"this goes on with the run of {clock(last.at)}, which {ended} with {done}"


def run_dict(title: str, outcome: RunOutcome) -> dict[str, Any]:
    """Return a run as plain JSON values; every row count is exact."""
    nodes = {name: node_dict(result) for name, result in outcome.results.items()}
    return {
        "pipeline": title,
        "status": outcome.status,
        "duration_s": round(outcome.duration, 6),
        "completed": outcome.names("completed"),
        "cached": outcome.names("cached"),
        "failed": outcome.names("failed"),
        "skipped": outcome.names("skipped"),
        "cancelled": outcome.names("cancelled"),
        "written": [name for name, result in outcome.results.items() if result.written],
        "nodes": nodes,
        "story": outcome.report.story_path if outcome.report is not None else None,
    }


def _workers(text: str) -> int:
    if text != "auto" and (not text.isdecimal() or int(text) < 1):
        raise ValueError("a number of workers, 1 or more, or auto")
    return worker_count(text if text == "auto" else int(text))


def _wait_s(values: Mapping[str, Any]) -> float | None:
    waiting: float | None = values.get("wait")
    if not values.get("no_wait"):
        return waiting
    if waiting is not None:
        raise UsageError("--wait and --no-wait contradict each other", hint="--no-wait is --wait 0")
    return 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError("a number of seconds")
    return seconds


_STATUSES = {"completed": 0, "failed": 1, "cancelled": 130}


def _error_of(outcome: RunOutcome) -> BaseException | None:
    if outcome.interrupted:
        return outcome.interruption()
    return next((result.error for result in outcome.results.values() if result.error is not None), None)


def _without(view: RunView, error: BaseException | None) -> RunView:
    """Leave out the error that is raised below the table, once it has been shown."""
    shown = error_view(error) if isinstance(error, OdibiException) else None
    nodes = tuple(replace(node, error=None) if shown and node.error == shown else node for node in view.nodes)
    return replace(view, nodes=nodes)


PARAM = Option("--param", repeatable=True, convert=key_text, metavar="K=V", help="a parameter, for this run")
RECOMPUTING = (
    Option("--force", takes="nothing", help="compute also what is fresh"),
    Option("--append-again", takes="nothing", help="append also results that were appended"),
)

COMMANDS = {
    "run": Command(
        "run",
        "Compute what the selected nodes need and is not fresh, and write the selected ones; without selectors: all.",
        "run +by_region --param min_amount=100",
        run,
        words=SELECTORS,
        options=(
            SELECT,
            EXCLUDE,
            PARAM,
            *RECOMPUTING,
            Option("--workers", convert=_workers, metavar="N", help="nodes at once (1); auto: one a core"),
            Option("--processes", takes="nothing", help="Python nodes in processes, not in threads"),
            Option("--fail-fast", takes="nothing", help="start nothing more after a failure"),
            MOCK_OPTION,
            Option("--resume", takes="nothing", help="go on with the last run where it failed or was stopped"),
            Option("--wait", convert=_seconds, metavar="SECONDS", help="for another run of this, at most (to its end)"),
            Option("--no-wait", takes="nothing", help="refuse to run while another run of this goes on"),
        ),
        executes=True,
    )
}

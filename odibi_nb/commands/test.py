"""`test`: the unit tests of nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.selecting import EXCLUDE, SELECT, SELECTORS, selectors
from odibi_nb.commands.words import matches
from odibi_nb.exceptions import UnitTestFailed, UsageError, plural
from odibi_nb.views.testing import verdicts_view

if TYPE_CHECKING:
    from odibi_nb.views import TestsView, TestView
    from odibi_nb.workspaces.node_tests import NodeTest

__all__ = ["COMMANDS"]

_NAMED = 8


def test(call: Call) -> Shown:
    """Run the selected tests, each by itself; no result of the workspace changes and nothing is written."""
    from odibi_nb.pictures import unit_tests_html, unit_tests_text
    from odibi_nb.workspaces.testing import run_test

    view = verdicts_view(call.ws.title, [run_test(call.ws, one) for one in _selected(call)])
    if (report := call.values.get("junit")) is not None:
        _write_report(Path(report), view)
    wrong = [one.id for one in view.tests if one.status != "passed"]
    message = f"{len(wrong):,} of {plural(len(view.tests), 'test')} failed: {_listed(wrong)}"
    error = UnitTestFailed(message) if wrong else None
    return Shown(
        unit_tests_text(view), unit_tests_html(view), data=_data(view), error=error, exit_status=1 if wrong else 0
    )


def _selected(call: Call) -> Sequence[NodeTest]:
    """Return the tests of the selected nodes, and those named as a whole ("node::test")."""
    tests = call.ws.tests
    if not tests:
        raise UsageError("there is no test to run", hint=_how_to_declare(call))
    words, excluded = selectors(call), call.values.get("exclude", ())
    named = {tests[word].id for word in words if "::" in word}
    others = [word for word in words if "::" not in word]
    chosen = list(tests.values())
    if words or excluded:
        nodes = set(call.ws.select(others, excluded)) if others or not named else set()
        chosen = [one for one in chosen if one.node in nodes or one.id in named]
    if (expression := call.values.get("k")) is not None:
        chosen = [one for one in chosen if matches(expression, one.id)]
    if not chosen:
        asked = " ".join([*words, *(["-k", repr(expression)] if expression is not None else [])])
        raise UsageError(f"no test is selected by {asked or '--exclude'}", hint=f"tests: {_listed(tests)}")
    return chosen


def _how_to_declare(call: Call) -> str:
    file = Path(call.ws.recorder.target)
    if call.door == "cell" or file.suffix == ".ipynb":
        return "a cell declares one: %%odibi_test NODE TEST"
    declared = "tests: {NODE: {TEST: {given: …, expect: …}}}"
    return f"put `{declared}` into {file.name}, or into a file that its imports name"


def _listed(names: Collection[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join([*islice(names, _NAMED), *([f"and {more:,} more"] if more > 0 else [])])


def _data(view: TestsView) -> dict[str, Any]:
    """Return the outcome as plain JSON values."""
    counts = {key: sum(one.status == status for one in view.tests) for key, status in _COUNTS.items()}
    return {**counts, "tests": {one.id: _test_data(one) for one in view.tests}}


def _test_data(view: TestView) -> dict[str, Any]:
    differences = asdict(view.differences) if view.differences is not None else None
    return {
        "status": view.status,
        "message": view.message or None,
        "differences": differences,
        "guessed": list(view.guessed),
        "notes": list(view.notes),
    }


_COUNTS = {"passed": "passed", "failed": "failed", "errors": "error"}


def _write_report(path: Path, view: TestsView) -> None:
    from odibi_nb.commands.junit import junit_xml

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(junit_xml(view))
    except OSError as exc:
        hint = "give a file that this user may write"
        raise UsageError(f"the report '{path}' can't be written: {exc.strerror}", hint=hint) from exc


COMMANDS = {
    "test": Command(
        "test",
        "Run the unit tests of the selected nodes; without selectors: all.",
        "test by_region -k 'sums and not slow'",
        test,
        words=SELECTORS,
        options=(
            SELECT,
            EXCLUDE,
            Option("-k", metavar="EXPR", help="only tests whose node::test holds these words: and, or, not, ()"),
            Option("--junit", metavar="FILE", help="write the outcome as JUnit XML too"),
        ),
        executes=True,
        details="A selector may name one test as well: NODE::TEST. It is an error when no test is selected.",
    )
}

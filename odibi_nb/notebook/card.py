"""The cards under cells."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from odibi_nb.commands.base import Shown
from odibi_nb.exceptions import OdibiException
from odibi_nb.expectations import ExpectationResult, broken
from odibi_nb.pictures import (
    expectation_html,
    expectation_text,
    framed,
    node_html,
    node_text,
    query_html,
    query_text,
    unit_test_html,
    unit_test_text,
)
from odibi_nb.pictures.markup import tag
from odibi_nb.pictures.text import visible
from odibi_nb.runner import NodeResult, RunOutcome
from odibi_nb.views import TestView
from odibi_nb.views.build import expectation_view, node_view, query_view
from odibi_nb.views.testing import pending_view, verdict_view
from odibi_nb.workspaces import Workspace
from odibi_nb.workspaces.declared import DeclaredNode
from odibi_nb.workspaces.expectations import Expectation
from odibi_nb.workspaces.node_tests import NodeTest
from odibi_nb.workspaces.testing import run_test

__all__ = [
    "declared_card",
    "expectation_card",
    "query_card",
    "result_card",
    "shortcut_card",
    "test_card",
    "waiting_card",
]

_SIDE_EFFECT = "a side effect: only %odibi run performs it"


def declared_card(workspace: Workspace, node: DeclaredNode) -> Shown:
    """Show a node that was declared and not run; what is wrong with it by itself is raised."""
    problem = workspace.nodes.problem(node.name)
    view = replace(node_view(workspace, node.name), error=None)
    if node.config.returns == "none":
        view = replace(view, notes=(_SIDE_EFFECT, *view.notes))
    return Shown(node_text(view), node_html(view), error=problem)


def result_card(workspace: Workspace, node: DeclaredNode, result: NodeResult) -> Shown:
    """Show a node that was run; its error is raised below the card, so the card doesn't repeat it."""
    view = replace(node_view(workspace, node.name), error=None)
    return Shown(node_text(view), node_html(view), error=result.error)


def shortcut_card(workspace: Workspace, name: str, outcome: RunOutcome, *, into: str = "") -> Shown:
    """Show what a node gave on other input than its real one; an error is raised below the card."""
    result = outcome.results[name]
    view = replace(node_view(workspace, name, trial=result), error=None)
    if into and result.success:
        view = replace(view, notes=(*view.notes, bound_note(into, result.badges)))
    return Shown(node_text(view), node_html(view), error=outcome.of(name).error)


def bound_note(variable: str, badges: Sequence[str]) -> str:
    """Say of a variable that a node's result isn't in it."""
    return f"{variable} has these rows ({', '.join(badges)}), not the node's result"


def test_card(workspace: Workspace, test: NodeTest) -> Shown:
    """Run a test and show it; what is raised below the card isn't repeated on it."""
    if test.node not in workspace:
        test.read()
        view = pending_view(workspace, test)
        return Shown(unit_test_text(view), unit_test_html(view))
    verdict = run_test(workspace, test)
    view = verdict_view(verdict)
    if verdict.error is not None:
        view = replace(view, message="", place="", hint=None, error=view.error if verdict.raised is not None else None)
    return Shown(unit_test_text(view), unit_test_html(view), error=_with_first_cell(verdict.error, view))


def _with_first_cell(error: OdibiException | None, view: TestView) -> OdibiException | None:
    """Say which cell differs first: of a notebook that a scheduler runs the log has the error alone."""
    if error is None or view.cells is None:
        return error
    row, column, expected, got = view.cells.rows[0]
    told = copy(error)
    told.message += f": row {row}, {column} is {got or 'NULL'}, not {expected or 'NULL'}"
    return told


def query_card(result: NodeResult, *, rows: int, into: str = "", explains: bool = False) -> Shown:
    """Show an ad hoc query's rows; explains: they are what EXPLAIN has told."""
    view = query_view(result, preview=rows, into=into, explains=explains)
    return Shown(query_text(view), query_html(view))


def expectation_card(workspace: Workspace, expectation: Expectation, outcome: ExpectationResult) -> Shown:
    """Show how a data test has come out; that it fails its node is raised below the card."""
    with_rows = workspace.preview_rows(expectation.node) > 0
    view = replace(expectation_view(expectation.node, outcome, with_rows=with_rows), notes=expectation.notes)
    error = broken([outcome])
    if error is not None:
        error.at(node=expectation.node, **expectation.where)
    return Shown(expectation_text(view), expectation_html(view), error=error)


def waiting_card(expectation: Expectation, why: str) -> Shown:
    """Show a data test that was declared and not evaluated."""
    text = f"{expectation.name} of {expectation.node} · ○ pending: {why}"
    lines = [text, *(f"note: {note}" for note in expectation.notes)]
    return Shown("\n".join(map(visible, lines)), framed(*(tag("div", line) for line in lines)))

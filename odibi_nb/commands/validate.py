"""`validate`: everything that can be said without running."""

from __future__ import annotations

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import OdibiException, ValidationError, plural
from odibi_nb.pipeline.results import error_dict
from odibi_nb.workspaces.missing_sources import missing_sources
from odibi_nb.workspaces.testing import problems_of_tests

__all__ = ["COMMANDS"]

_PROJECT_IS_BROKEN = "connections and parameters can be checked once the cell of the project can be read"


def validate(call: Call) -> Shown:
    """Check the declarations, and that sources are there; no user code runs, no data is read."""
    ws = call.ws
    found = [*ws.broken.errors, *ws.problems(but_for=ws.broken), *ws.trials.problems(), *problems_of_tests(ws)]
    problems = sorted(found, key=_place)
    order = ws.graph.topological_sort()
    counted = plural(len(order), "node")
    lines = [f"{counted}, {plural(len(problems), 'error')}" if problems else f"{counted}: valid"]
    lines += [f"\nerror: {problem}" for problem in problems]
    doubts = [f"{name}: {note}" for name in ws.nodes for note in ws.notes(name)]
    doubts += [note for test in ws.tests.values() for note in test.notes]
    doubts += missing_sources(ws.nodes)
    notes = [*call.notes, *doubts, *ws.crossings(), *([_PROJECT_IS_BROKEN] if ws.broken.has_project else [])]
    lines += [f"note: {note}" for note in notes]
    if call.left_out:
        lines.append("\nwhat a headless run leaves out:")
        lines += [f"  cell {one.cell}, line {one.line}: {one.text}  ({one.reason})" for one in call.left_out]
    data = {
        "valid": not problems,
        "notes": notes,
        "errors": [{"node": problem.node, **error_dict(problem)} for problem in problems],
        "node_count": len(order),
        "execution_order": order,
        "left_out": [{"cell": o.cell, "line": o.line, "text": o.text, "reason": o.reason} for o in call.left_out],
    }
    # In a cell the list has been shown when this stops Run All.
    error = ValidationError(f"{plural(len(problems), 'error')} in the declarations") if problems else None
    return Shown("\n".join(lines), data=data, error=error, exit_status=2 if problems else 0)


def _place(problem: OdibiException) -> tuple[int, int]:
    """Return where a problem stands among the cells of a notebook; what stands in none comes first."""
    cell = problem.where.cell or ""
    return int(cell) if cell.isdecimal() else 0, problem.where.line or 0


COMMANDS = {
    "validate": Command(
        "validate",
        "Check keys, names, dependencies, functions, parameters, connections and targets without running anything.",
        "validate",
        validate,
        takes_broken=True,
    )
}

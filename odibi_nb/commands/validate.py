"""`validate`: everything that can be said without running."""

from __future__ import annotations

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import ValidationError, plural
from odibi_nb.pipeline.results import error_dict
from odibi_nb.workspaces.testing import problems_of_tests

__all__ = ["COMMANDS"]


def validate(call: Call) -> Shown:
    """Check the declarations; no user code runs, no data is read."""
    ws = call.ws
    problems = [*ws.problems(), *ws.trials.problems(), *problems_of_tests(ws)]
    order = ws.graph.topological_sort()
    counted = plural(len(order), "node")
    lines = [f"{counted}, {plural(len(problems), 'error')}" if problems else f"{counted}: valid"]
    lines += [f"\nerror: {problem}" for problem in problems]
    lines += [f"note: {note}" for note in call.notes]
    if call.left_out:
        lines.append("\nplain code that a headless run leaves out:")
        lines += [f"  cell {one.cell}, line {one.line}: {one.text}  ({one.reason})" for one in call.left_out]
    data = {
        "valid": not problems,
        "errors": [error_dict(problem) for problem in problems],
        "node_count": len(order),
        "execution_order": order,
        "left_out": [{"cell": o.cell, "line": o.line, "text": o.text, "reason": o.reason} for o in call.left_out],
    }
    # In a cell the list has been shown when this stops Run All.
    error = ValidationError(f"{plural(len(problems), 'error')} in the declarations") if problems else None
    return Shown("\n".join(lines), data=data, error=error, exit_status=2 if problems else 0)


COMMANDS = {
    "validate": Command(
        "validate",
        "Check keys, names, dependencies, functions, parameters, connections and targets without running anything.",
        "validate",
        validate,
    )
}

"""`diff --run`: a node's result against what an earlier run has told of it, where its rows aren't kept any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odibi_nb.commands.base import Call, Shown
from odibi_nb.commands.diff import diff_columns
from odibi_nb.commands.results import looked_into
from odibi_nb.commands.story import history_of
from odibi_nb.exceptions import UnknownNameError, UsageError, ValidationError
from odibi_nb.history import find_run
from odibi_nb.views.build_story import columns_diff, run_facts

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.views import DiffView

__all__ = ["diff_to_run"]

_ABOUT_ROWS = ("against", "key", "tolerance", "rows")


def diff_to_run(call: Call, name: str) -> Shown:
    """Compare columns and number of rows; raises UnknownNameError for a run that has told nothing of the node."""
    from odibi_nb.pictures import diff_html, diff_text

    for option in _ABOUT_ROWS:
        if call.values.get(option):
            raise UsageError(f"--{option} is about rows, and a run's are not kept", hint="leave it out, or --run")
    history = history_of(call)
    run = find_run(history, call.values["run"], call.ws.saved_as)
    before = history.node_at(run, call.ws.nodes[name].name)
    if before is None or before.columns is None:
        problem = f"run {run.short_id} tells nothing of the columns of '{name}'"
        raise UnknownNameError(problem, hint="%odibi story list shows the runs", node=name)
    called, columns, rows = f"run {run.short_id} of {run_facts(run).when}", before.columns, before.rows

    def look(data: Dataset, notes: tuple[str, ...]) -> Shown:
        view = replace(
            columns_diff(name, columns, data.schema, called),
            rows_before=rows,
            rows_after=data.count(),
            reason="a run tells of columns and counts, not of rows",
            notes=notes,
        )
        differs = view.differs if rows is not None else replace(view, rows_before=view.rows_after).differs
        shown = Shown(diff_text(view), diff_html(view), data=_dict(view, differs=differs))
        if not (call.values.get("exit_code") and differs):
            return shown
        return replace(shown, error=ValidationError(f"{name} differs from {called}", node=name), exit_status=1)

    return looked_into(call, name, look)


def _dict(view: DiffView, *, differs: bool) -> dict[str, Any]:
    """Return the same plain values as for rows, without them; whether they are the same nobody knows."""
    changed = [(diff_columns([old])[0], diff_columns([new])[0]) for old, new in view.columns_changed]
    return {
        "node": view.name,
        "against": view.against,
        "same": False if differs else None,
        "columns": {
            "added": diff_columns(view.columns_added),
            "removed": diff_columns(view.columns_removed),
            "changed": [{"before": old, "now": new} for old, new in changed],
            "reordered": view.reordered,
        },
        "rows": {"before": view.rows_before, "now": view.rows_after},
        "reason": view.reason,
        "samples": None,
    }

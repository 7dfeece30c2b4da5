"""What the commands share that look into the rows of one node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.cells.option_parser import Option, collect, key_text
from odibi_nb.commands.base import Call, Shown
from odibi_nb.commands.settings import typed_parameters
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.pipeline.results import error_dict
from odibi_nb.views.build import error_view
from odibi_nb.workspaces.computed import result_of, rows_of

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset

__all__ = ["PARAM_IN_SHELL", "failed", "looked_into", "take_parameters"]

PARAM_IN_SHELL = Option(
    "--param", repeatable=True, convert=key_text, metavar="K=V", help="a parameter, for this call of a shell"
)


def looked_into(call: Call, name: str, look: Callable[[Dataset, tuple[str, ...]], Shown]) -> Shown:
    """Return what `look` shows of a node's rows, which are computed first where they have to be, and not written.

    look: takes the rows and notes on them. A node that fails, or whose rows do, is status 1; rows that only break
    their expectations are shown.
    """
    take_parameters(call)
    result = result_of(call.ws, name, call.listeners)
    if result.node_name != name and result.error is not None:  # above it
        return failed(call, result.error)
    notes = () if result.error is None else (f"{name} has failed: {result.error.message}",)
    try:
        shown = look(rows_of(result), notes)
    except UsageError:
        raise
    except OdibiException as exc:
        return failed(call, exc)
    return replace(shown, exit_status=1) if result.error is not None else shown


def take_parameters(call: Call) -> None:
    """Give parameters the values of --param; they end with the workspace, which in a cell goes on."""
    texts = collect("odibi-nb", "--param", call.values.get("param", ()))
    if texts and call.door == "cell":
        raise UsageError("--param is for a shell: a session has its values", hint="set it first: %odibi params k=v")
    if texts:
        call.ws.set_params(typed_parameters(call, texts))


def failed(call: Call, error: OdibiException) -> Shown:
    """Show an error: a cell raises it."""
    from odibi_nb.pictures import error_text

    text = "" if call.door == "cell" else error_text(error_view(error))
    return Shown(text, data={"status": "failed", "error": error_dict(error)}, error=error, exit_status=1)

"""What a cell shows whose last line is a workspace, a node's result or a run: its card, where the repr is one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.commands.base import Call, Shown
from odibi_nb.commands.table import find_command
from odibi_nb.notebook.display import Output

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.runner import RunOutcome
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.result import Result

__all__ = ["ValueCards"]

_Bundle = dict[str, str] | None
"""An output in all its forms; None: the repr is all there is."""


class ValueCards:
    """Cards of values in one shell; workspace: the one that its magics act on."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace) -> None:
        self._workspace = workspace
        self._formatter: Any = shell.display_formatter.mimebundle_formatter  # type: ignore[union-attr]
        # By name: whoever makes the first value of a type imports it.
        self._cards: Mapping[str, Callable[[Any], _Bundle]] = {
            "odibi_nb.workspaces.workspace.Workspace": _of_workspace,
            "odibi_nb.workspaces.result.Result": self._of_result,
            "odibi_nb.runner.results.RunOutcome": self._of_run,
        }

    def put_in(self) -> None:
        for name, card in self._cards.items():
            self._formatter.for_type(name, card)

    def take_out(self) -> None:
        for name in self._cards:
            self._formatter.pop(name, None)

    def _of_result(self, value: Result) -> _Bundle:
        """Return the card of a node's last result, on mocks too, or a query's rows; of what has been replaced none."""
        from odibi_nb.notebook.card import query_card
        from odibi_nb.pictures import node_html, node_text
        from odibi_nb.pipeline.ad_hoc import QUERY
        from odibi_nb.views.build import node_view

        ws, name, result = self._workspace, value.name, value.told
        if name == QUERY and result is not None:
            return _bundle(query_card(result, rows=ws.options["preview"]))
        if name not in ws:
            return None
        is_last = result is ws.result(name)
        if not is_last and not (result is not None and result.badges):
            return None
        view = node_view(ws, name, trial=None if is_last else result, compare=False)
        return _bundle(Shown(node_text(view), node_html(view)))

    def _of_run(self, value: RunOutcome) -> _Bundle:
        from odibi_nb.pictures import run_html, run_text
        from odibi_nb.views.build import run_view

        if not value.results.keys() <= set(self._workspace):  # nobody knows any more of what kind the others were
            return None
        view = run_view(self._workspace, value, in_cell=True)
        return _bundle(Shown(run_text(view), run_html(view)))


def _of_workspace(value: Workspace) -> _Bundle:
    return _bundle(find_command("status", "cell").run(Call("cell", workspace=value)))


def _bundle(shown: Shown) -> _Bundle:
    return Output(shown.text, shown.html)._repr_mimebundle_()

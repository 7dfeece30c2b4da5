"""Completion in IPython: a matcher that asks the workspace."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.completion import Offers
    from odibi_nb.workspaces import Workspace

__all__ = ["WorkspaceCompleter"]

_log = logging.getLogger(__name__)


class WorkspaceCompleter:
    """What a workspace adds to a shell's completion."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace) -> None:
        self._shell, self._workspace = shell, workspace

    def put_in(self) -> None:
        self._shell.Completer.custom_matchers.append(self._match)

    def take_out(self) -> None:
        self._shell.Completer.custom_matchers.remove(self._match)

    # Before the others: where an offer of ours suppresses theirs, they needn't even look.
    @context_matcher(identifier="odibi_nb", priority=100)  # type: ignore[untyped-decorator]
    def _match(self, context: CompletionContext) -> SimpleMatcherResult:
        offers = self._offers(context)
        return SimpleMatcherResult(
            completions=[SimpleCompletion(offer.text, type=offer.kind) for offer in offers.found],
            matched_fragment=offers.fragment,
            suppress=offers.alone,
            ordered=True,
        )

    def _offers(self, context: CompletionContext) -> Offers:
        from odibi_nb.completion import Known, Offers, complete

        lines = context.full_text.split("\n")[: context.cursor_line]
        offset = sum(len(line) + 1 for line in lines) + context.cursor_position
        try:
            with self._workspace.lock:
                return complete(context.full_text, offset, Known(self._workspace))
        except Exception:  # noqa: BLE001 - IPython would print the traceback into what is being typed
            _log.debug("completion failed", exc_info=True)
            return Offers()

"""A run as a widget: how far it is while it goes on, and a button that ends it."""

from __future__ import annotations

from typing import Any

import traitlets

from odibi_nb.pictures.card import error_html
from odibi_nb.pictures.progress import in_order
from odibi_nb.pictures.symbols import STATUSES
from odibi_nb.views import RunProgressView
from odibi_nb.widgets.base import Answer, LiveWidget, module, styles

__all__ = ["RunWidget", "progress_of"]


class RunWidget(LiveWidget):
    """A run that goes on, in the browser; progress: see `progress_of`. It asks the kernel to `cancel`."""

    _esm = module("progress", "run")
    _css = styles("progress")
    progress = traitlets.Dict().tag(sync=True)

    def __init__(self, view: RunProgressView, answer: Answer) -> None:
        """Show a run.

        answer: ends the run when `what` is "cancel", and returns nothing that the page would have to know.
        """
        super().__init__(answer, progress=progress_of(view))

    def show_run(self, view: RunProgressView) -> None:
        """Show how far the run is now."""
        self.progress = progress_of(view)


def progress_of(view: RunProgressView) -> dict[str, Any]:
    """Return how far a run is as plain values; errors are HTML without scripts, times are seconds."""
    return {
        "title": view.title,
        "status": view.status,
        "nodes": view.nodes,
        "done": view.done,
        "finished": [[status, count, STATUSES[status].mark] for status, count in in_order(view)],
        "running": [
            {"name": one.name, "elapsed": round(one.elapsed_s, 2), "expected": one.expected_s} for one in view.running
        ],
        "failed": [{"node": one.node, "html": str(error_html(one.error))} for one in view.failed],
        "elapsed": round(view.elapsed_s, 2),
        "left": view.left_s,
        "then": view.then_s,
        "unknown": view.unknown,
        "interruptible": view.interruptible,
    }

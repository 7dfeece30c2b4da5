"""A node's card with all of its rows, of which the page asks for those in view."""

from __future__ import annotations

from dataclasses import replace

import traitlets

from odibi_nb.pictures.card import card_html
from odibi_nb.views import NodeView
from odibi_nb.widgets.base import Answer, LiveWidget, module, styles

__all__ = ["TABLE", "TableWidget"]

TABLE = ("sheet", "summary", "table")
"""What another widget's module needs before its own, to show rows: `module(*TABLE, "dag")`."""


class TableWidget(LiveWidget):
    """A node's card, in the browser.

    card: as HTML without scripts. Rows are only ever sent as answers, so no saved notebook holds them.
    """

    _esm = module(*TABLE, "table_widget")
    _css = styles("table")
    node = traitlets.Unicode().tag(sync=True)
    card = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: NodeView, answer: Answer, *, twin: str = "") -> None:
        """Show a card; answer: to what begins with "rows"."""
        super().__init__(answer, node=view.name, card=str(card_html(replace(view, preview=None))), twin=twin)

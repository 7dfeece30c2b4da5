"""Cards that page through all rows of their node, and hear when these are no longer its last result."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from odibi_nb.notebook.on_page import Cell, OnPage

if TYPE_CHECKING:
    from odibi_nb.notebook.rows import RowsAnswers
    from odibi_nb.views import NodeView
    from odibi_nb.widgets.table import TableWidget
    from odibi_nb.workspaces import Workspace

__all__ = ["LiveTables"]


class LiveTables:
    """The cards with rows that a kernel's cells have shown."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._cards = OnPage[_LiveCard](_LiveCard.close)

    def card(self, view: NodeView, cell: Cell | None) -> TableWidget:
        """Return a widget of a node's card, to be displayed; its `twin` is the id of its static picture.

        cell: which cell asks.
        """
        from odibi_nb.notebook.rows import RowsAnswers
        from odibi_nb.widgets.table import TableWidget

        answers = RowsAnswers(self._workspace)
        card = _LiveCard(TableWidget(view, answers, twin=_twin(view.name)), answers)
        self._cards.put(card, cell)
        return card.widget

    def refresh(self) -> None:
        """Tell cards whose node has another result now, from any thread; done after each cell."""
        for card in list(self._cards):
            for view, news in card.answers.news().items():
                card.widget.send({"what": "rows.news", "view": view, **news})

    def close(self) -> None:
        """Give back what the cards hold; they keep what they show."""
        self._cards.close()


class _LiveCard(NamedTuple):
    widget: TableWidget
    answers: RowsAnswers

    def close(self) -> None:
        self.answers.close()
        self.widget.close()


def _twin(name: str) -> str:
    """Return an id that a card of the same node has in every session: saved outputs don't change for nothing."""
    return blake2b(f"rows of {name}".encode(), digest_size=8).hexdigest()

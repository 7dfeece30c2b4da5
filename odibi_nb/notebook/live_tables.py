"""Cards that page through all rows of their node, and hear when these are no longer its last result."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from odibi_nb.notebook.rows import RowsAnswers
    from odibi_nb.views import NodeView
    from odibi_nb.widgets.table import TableWidget
    from odibi_nb.workspaces import Workspace

__all__ = ["LiveTables"]

_MOST_CARDS = 8  # on a page; older ones keep what they show


class LiveTables:
    """The cards with rows that a kernel's cells have shown."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._cards: dict[str, _LiveCard] = {}

    def card(self, view: NodeView, cell: str | None) -> TableWidget:
        """Return a widget of a node's card, to be displayed; its `twin` is the id of its static picture.

        cell: the id of the cell that asks; the card that it has shown before of this node is no longer on the page.
        """
        from odibi_nb.notebook.rows import RowsAnswers
        from odibi_nb.widgets.table import TableWidget

        key = f"{cell or ''} {view.name}"
        self._close(key)
        while len(self._cards) >= _MOST_CARDS:
            self._close(next(iter(self._cards)))
        answers = RowsAnswers(self._workspace)
        widget = TableWidget(view, answers, twin=_twin(view.name))
        self._cards[key] = _LiveCard(widget, answers)
        return widget

    def refresh(self) -> None:
        """Tell cards whose node has another result now, from any thread; done after each cell."""
        for card in list(self._cards.values()):
            for view, news in card.answers.news().items():
                card.widget.send({"what": "rows.news", "view": view, **news})

    def close(self) -> None:
        """Give back what the cards hold; they keep what they show."""
        for key in list(self._cards):
            self._close(key)

    def _close(self, key: str) -> None:
        if (card := self._cards.pop(key, None)) is not None:
            card.answers.close()
            card.widget.close()


class _LiveCard(NamedTuple):
    widget: TableWidget
    answers: RowsAnswers


def _twin(name: str) -> str:
    """Return an id that a card of the same node has in every session: saved outputs don't change for nothing."""
    return blake2b(f"rows of {name}".encode(), digest_size=8).hexdigest()

"""View models: what a picture, card or report shows; `views.build` makes them of results."""

from __future__ import annotations

from odibi_nb.views.models import (
    ColumnView,
    DagNodeView,
    DagView,
    DependencyView,
    DiffView,
    ErrorView,
    NodeView,
    RunView,
    TableView,
)
from odibi_nb.views.profile import BarView, ColumnProfileView, ProfileView

__all__ = [
    "BarView",
    "ColumnProfileView",
    "ColumnView",
    "DagNodeView",
    "DagView",
    "DependencyView",
    "DiffView",
    "ErrorView",
    "NodeView",
    "ProfileView",
    "RunView",
    "TableView",
]

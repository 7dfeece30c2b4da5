"""View models: what a picture, card or report shows; `views.build` makes them of results."""

from __future__ import annotations

from odibi_nb.views.models import (
    ColumnView,
    DagNodeView,
    DagView,
    DependencyView,
    DiffView,
    ErrorView,
    ExpectationView,
    LineageColumnView,
    LineageEdgeView,
    LineageView,
    NodeView,
    PlanNodeView,
    PlanView,
    QueryView,
    RunView,
    TableView,
    TestsView,
    TestView,
)
from odibi_nb.views.paging import PageView, RowsView
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
    "ExpectationView",
    "LineageColumnView",
    "LineageEdgeView",
    "LineageView",
    "NodeView",
    "PageView",
    "PlanNodeView",
    "PlanView",
    "ProfileView",
    "QueryView",
    "RowsView",
    "RunView",
    "TableView",
    "TestView",
    "TestsView",
]

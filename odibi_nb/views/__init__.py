"""View models: what a picture, card or report shows; `views.build` makes them of results."""

from __future__ import annotations

from odibi_nb.views.models import (
    CheckView,
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
from odibi_nb.views.parameters import ParametersView, ParameterView
from odibi_nb.views.profile import BarView, ColumnProfileView, ProfileView
from odibi_nb.views.progress import NodeFailureView, RunningNodeView, RunProgressView

__all__ = [
    "BarView",
    "CheckView",
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
    "NodeFailureView",
    "NodeView",
    "PageView",
    "ParameterView",
    "ParametersView",
    "PlanNodeView",
    "PlanView",
    "ProfileView",
    "QueryView",
    "RowsView",
    "RunProgressView",
    "RunView",
    "RunningNodeView",
    "TableView",
    "TestView",
    "TestsView",
]

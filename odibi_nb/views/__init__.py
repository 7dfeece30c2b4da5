"""View models: what a picture, card or report shows; `views.build` makes them of results."""

from __future__ import annotations

from odibi_nb.views.models import (
    ColumnView,
    DagNodeView,
    DagView,
    DependencyView,
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

__all__ = [
    "ColumnView",
    "DagNodeView",
    "DagView",
    "DependencyView",
    "ErrorView",
    "ExpectationView",
    "LineageColumnView",
    "LineageEdgeView",
    "LineageView",
    "NodeView",
    "PlanNodeView",
    "PlanView",
    "QueryView",
    "RunView",
    "TableView",
    "TestView",
    "TestsView",
]

"""Which input suits a parameter, and its range."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.views import ParameterView
from odibi_nb.views.build_parameters import parameters_view

SHOPS = "from enum import Enum\nclass Shop(Enum):\n    NORTH = 'n'\n    SOUTH = 's'"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    space: dict[str, Any] = {}
    exec(SHOPS, space)
    made = Workspace(tmp_path, namespace=lambda: space)
    yield made
    made.close()


def view_of(ws: Workspace, parameter: str) -> ParameterView:
    ws.node("n", f"def n({parameter}):\n    return 1\n", returns="object")
    (view,) = parameters_view(ws, ws.used_params()).parameters
    assert json.loads(json.dumps(asdict(view)))["name"] == "x"
    return view


@pytest.mark.parametrize(
    ("parameter", "kind", "value"),
    [
        ("x=100", "whole", 100), ("x: int | None = 3", "whole", 3), ("x=0.5", "number", 0.5),
        ("x: float = 1", "number", 1),
        ("x=True", "flag", True), ("x: bool = None", "flag", None),
        ("x: Literal['N', 'S'] = 'N'", "choice", "N"), ("x: Literal[1, 2] = 2", "choice", "2"),
        ("x: Shop = None", "choice", None), ("x=Shop.SOUTH", "choice", "SOUTH"),
        ("x=date(2024, 1, 31)", "date", "2024-01-31"),
        ("x=datetime(2024, 1, 31, 10)", "time", "2024-01-31T10:00:00"), ("x=date(2024, 1, 32)", "date", None),
        ("x=exit()", "yaml", None), ("x='N'", "text", "N"), ("x: str = None", "text", None),
        ("x: date = None", "date", None), ("x: datetime = None", "time", None),
        ("x=['a', 'b']", "list", ("a", "b")), ("x: list[str] = []", "list", ()),
        ("x=[1, 2]", "yaml", "[1, 2]"), ("x={'a': None}", "yaml", '{"a": null}'), ("x=None", "yaml", None),
        ("x=9007199254740994", "yaml", "9007199254740994"), ("x=1e999", "yaml", "inf"),
    ],
)  # fmt: skip
def test_the_type_and_the_value_choose_the_input(ws: Workspace, parameter: str, kind: str, value: Any) -> None:
    view = view_of(ws, parameter)
    assert (view.kind, view.value) == (kind, value)


@pytest.mark.parametrize(
    ("parameter", "low", "high", "step"),
    [
        ("x=100", 0, 200, 1), ("x=7", 0, 14, 1), ("x=-50", -100, 0, 1), ("x=0", 0, 10, 1),
        ("x=1234567", 0, 2470000, 10000),
        ("x=0.5", 0, 1, 0.01), ("x=0.03", 0, 0.06, 0.0005), ("x=0.0", 0, 1, 0.01), ("x=-2.5", -5, 0, 0.05),
        ("x: Annotated[int, Range(0, 10)] = 3", 0, 10, 1), ("x: Annotated[int, Ge(5)] = 10", 5, 15, 1),
        ("x: Annotated[int, Le(5)] = 1", -3, 5, 1),
        ("x: Annotated[float, Interval(gt=0, lt=1)] = 0.5", 0.01, 0.99, 0.01),
        ("x: Annotated[int, Field(ge=0, le=100, multiple_of=25)] = 50", 0, 100, 25),
        ("x: Annotated[int, Range(5, 5)] = 5", 5, 5, 1), ("x: Annotated[float, Range(0, 0)] = 0.0", 0, 0, 0.01),
        ("x: Annotated[int, Ge(1e400)] = 3", 0, 6, 1), ("x: Annotated[int, Range('a', 'b')] = 3", 0, 6, 1),
    ],
)  # fmt: skip
def test_a_slider_goes_as_far_as_the_type_allows_or_twice_as_far_as_the_value(
    ws: Workspace, parameter: str, low: float, high: float, step: float
) -> None:
    view = view_of(ws, parameter)
    assert (view.low, view.high, view.step) == (low, high, step)


def test_choices_are_those_of_the_type(ws: Workspace) -> None:
    assert view_of(ws, "x: Shop = None").choices == ("NORTH", "SOUTH")
    assert view_of(ws, "x: Literal['N', 2] = 2").choices == ("N", "2")


def test_a_parameter_tells_where_its_value_is_from_and_who_uses_it(ws: Workspace) -> None:
    ws.configure(ProjectConfig(vars={"least": 5, "unused": 1}))
    ws.node("a", "SELECT $least AS x, $most AS y")
    ws.node("b", "a[a.x > least]")
    ws.node("c", lambda a, least, most=9: a)
    ws.node("d", "SELECT * FROM a")

    def told() -> list[tuple[str, str, str, str, tuple[str, ...]]]:
        parameters = parameters_view(ws, ws.used_params()).parameters
        return [(one.name, one.shown, one.origin, one.before, one.nodes) for one in parameters]

    assert told() == [("least", "5", "vars", "5", ("a", "b", "c")), ("most", "9", "default", "9", ("a", "c"))]
    ws.set_params({"least": 7, "most": 1})
    assert [one[1:4] for one in told()] == [("7", "%odibi params", "5"), ("1", "%odibi params", "9")]
    ws.unset_params(["least"])
    assert [one[1:4] for one in told()] == [("5", "vars", "5"), ("1", "%odibi params", "9")]
    assert [one.name for one in ws.used_params(["b", "d"])] == ["least"]


def test_a_default_that_only_running_would_tell_is_shown_as_it_is_written(ws: Workspace) -> None:
    view = view_of(ws, "x=len('abc')")
    assert (view.shown, view.before, view.value) == ("len('abc')", "len('abc')", None)


def test_values_given_in_place_are_no_parameters(ws: Workspace) -> None:
    ws.node("a", transform={"steps": [{"sql": "SELECT $x AS x, $y AS y", "params": {"x": 1}}]})
    assert [one.name for one in ws.used_params()] == ["y"]

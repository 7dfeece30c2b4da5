"""Values of parameters are of the type that an annotation, a default or `vars` says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import ParameterError, UsageError

TAKES = """
from datetime import date
def taken(a: int = 1, b: float = None, c: str = "x", d: date = None, e: bool = True, i: int | None = None,
          j=1, k=1.5, m=True, n=date(2024, 1, 1), o="x", p=None, q=[1], r={"a": 1}):
    import pandas as pd
    return pd.DataFrame({"value": [repr((a, b, c, d, e, i, j, k, m, n, o, p, q, r))]})
"""


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", "5"), ("a", 2.5), ("a", True), ("a", None), ("b", "1.5"), ("b", True), ("c", 7), ("d", "soon"),
        ("e", 1), ("e", "yes"), ("i", "x"), ("j", "x"), ("j", True), ("k", "x"), ("m", 1), ("n", "soon"),
        ("q", "x"), ("q", 5), ("q", {"a": 1}), ("r", "x"), ("r", [1]),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_and_changes_nothing(ws: Workspace, name: str, value: Any) -> None:
    ws.node("taken", TAKES)
    with pytest.raises(UsageError, match=f"^parameter '{name}' takes .*, not {re.escape(repr(value))}") as caught:
        ws.set_params({name: value})
    assert f"its type is that of `{name}" in (caught.value.hint or "")
    assert "node 'taken'" in (caught.value.hint or "")
    assert ws.params == {}
    for refuses in (ws.run, ws.plan):
        with pytest.raises(UsageError, match=f"parameter '{name}'"):
            refuses(params={name: value})


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("a", 5, "5"), ("b", 2, "2.0"), ("c", "007", "'007'"), ("d", "2024-02-03", "datetime.date(2024, 2, 3)"),
        ("i", None, "None"), ("j", None, "None"), ("j", np.int64(7), "7"), ("j", 2.5, "2.5"),
        ("k", 2, "2"), ("o", 7, "7"),
        ("n", "2024-02-03", "datetime.date(2024, 2, 3)"), ("n", date(2024, 2, 3), "datetime.date(2024, 2, 3)"),
        ("p", "x", "'x'"), ("p", 5, "5"), ("p", [1], "[1]"),
        ("q", [], "[]"), ("q", (2, 3), "(2, 3)"), ("q", None, "None"), ("r", {}, "{}"),
    ],
)  # fmt: skip
def test_a_value_that_suits_is_taken(ws: Workspace, name: str, value: Any, shown: str) -> None:
    ws.node("taken", TAKES)
    ws.run(params={name: value})
    assert shown in ws["taken"].df()["value"][0]


def test_a_function_given_by_hand_is_asked_too(ws: Workspace) -> None:
    def given(top: int = 3, since=date(2024, 1, 1)):  # type: ignore[no-untyped-def]
        return pd.DataFrame({"top": [top], "since": [repr(since)]})

    ws.node("given", given)
    with pytest.raises(UsageError, match="parameter 'top' takes a whole number"):
        ws.set_params({"top": "x"})
    ws.set_params({"top": 5, "since": "2024-02-03"})
    ws.run()
    assert ws["given"].df().values.tolist() == [[5, "datetime.date(2024, 2, 3)"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "x"), ("number", True), ("flag", 1), ("flag", "yes"), ("names", "a"), ("names", {"a": 1}),
        ("rates", "a"), ("rates", [1]),
    ],
)  # fmt: skip
def test_vars_say_what_may_take_their_place(ws: Workspace, name: str, value: Any) -> None:
    ws.configure(
        ProjectConfig(
            vars={"number": 1, "flag": True, "text": "007", "open": None, "names": ["a", "b"], "rates": {"a": 1}}
        )
    )
    ws.node("n", "SELECT $number AS number, $flag AS flag, $text AS text, $open AS open")
    with pytest.raises(UsageError, match=f"parameter '{name}' takes") as caught:
        ws.set_params({name: value})
    assert "the project's vars" in (caught.value.hint or "")
    ws.set_params({"number": 0.5, "flag": False, "text": "8", "open": 5, "names": ["c"], "rates": {}})


def test_vars_of_another_type_than_a_node_says_are_its_error(ws: Workspace) -> None:
    ws.configure(ProjectConfig(vars={"rate": 1.5}))
    ws.node("n", "def n(rate: int):\n    return rate")
    (problem,) = ws.problems()
    assert isinstance(problem, ParameterError)
    assert problem.message == "parameter 'rate' takes a whole number (int), not 1.5"
    assert (problem.node, problem.where.line) == ("n", 1)
    assert (problem.hint or "").startswith("the value is from vars; its type is that of `rate: int` in node 'n'")


def test_vars_of_another_type_are_refused_where_the_node_is_there_already(ws: Workspace) -> None:
    ws.node("n", "def n(rate=1):\n    return rate")
    with pytest.raises(UsageError, match="parameter 'rate' takes a number, not 'x'"):
        ws.configure(ProjectConfig(vars={"rate": "x"}))
    assert ws.params == {}


def test_a_unit_test_may_try_what_no_annotation_forbids(ws: Workspace) -> None:
    ws.node("taken", TAKES)
    with pytest.raises(ParameterError, match=r"^parameter 'a' takes a whole number \(int\), not 'x'"):
        ws.try_node("taken", {}, params={"a": "x"})
    assert ws.try_node("taken", {}, params={"j": "x"}).success


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        ("Annotated[int, Range(0, 10)]", 11, "takes a whole number from 0 to 10, not 11"),
        ("Annotated[float, Field(gt=0)]", 0.0, "takes a number above 0, not 0.0"),
        ("Literal['N', 'S']", "W", "takes one of 'N', 'S', not 'W'"),
    ],
)
def test_limits_and_literals_are_told_in_words(ws: Workspace, annotation: str, value: Any, words: str) -> None:
    ws.node("n", f"def n(a: {annotation} = None):\n    return a\n", returns="object")
    with pytest.raises(UsageError) as caught:
        ws.set_params({"a": value})
    assert caught.value.message == f"parameter 'a' {words}"
    ws.set_params({"a": "S" if "Literal" in annotation else 5})

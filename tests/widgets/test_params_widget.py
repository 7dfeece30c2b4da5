"""Inputs for parameters: which control is made, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from ipywidgets import Widget

from odibi_nb.views import NodeView, ParametersView, ParameterView
from odibi_nb.widgets.params import ParameterInput, ParametersPanel

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    Widget.close_all()


def made(view: ParameterView) -> tuple[ParameterInput, list[Any]]:
    said: list[Any] = []
    return ParameterInput(view, lambda name, value: said.append(value), said.append), said


@pytest.mark.parametrize(
    ("view", "control", "held", "moved", "said"),
    [
        (ParameterView("x", "whole", 3, "3", low=0, high=6, step=1), "IntSlider", 3, 4, 4),
        (ParameterView("x", "number", 0.5, "0.5", low=0, high=1, step=0.01), "FloatSlider", 0.5, 0.25, 0.25),
        (ParameterView("x", "flag", True, "True"), "Checkbox", True, False, False),
        (ParameterView("x", "choice", "N", "'N'", choices=("N", "S")), "Dropdown", "N", "S", "S"),
        (ParameterView("x", "date", "2024-01-31", ""), "DatePicker", date(2024, 1, 31), date(2024, 2, 1), "2024-02-01"),
        (
            ParameterView("x", "time", None, ""),
            "NaiveDatetimePicker",
            None,
            datetime(2024, 1, 1),
            "2024-01-01T00:00:00",
        ),
        (ParameterView("x", "text", "a", "'a'"), "Text", "a", "b", "b"),
        (ParameterView("x", "yaml", None, "None"), "Text", "", "[1]", "[1]"),
    ],
)
def test_each_kind_has_its_control(view: ParameterView, control: str, held: Any, moved: Any, said: Any) -> None:
    one, told = made(view)
    assert (type(one.control).__name__, one.control.value) == (control, held)
    one.control.value = moved
    assert told == [said]


def test_what_is_put_there_is_not_said() -> None:
    one, said = made(ParameterView("x", "whole", 3, "3", low=0, high=6, step=1))
    one.show(ParameterView("x", "whole", 50, "50", low=0, high=100, step=1))
    assert (one.control.value, one.control.min, one.control.max) == (50, 0, 50)
    one.show(ParameterView("x", "text", "other", "'other'"))
    assert (one.control.value, said) == (50, [])


def test_a_wrong_text_stays_until_something_else_is_set() -> None:
    view = ParameterView("x", "yaml", "1", "1")
    one, _ = made(view)
    one.control.value = "wrong"
    one.show_error("no number")
    one.show(view)
    assert (one.control.value, "no number" in one._error.value) == ("wrong", True)
    one.show(ParameterView("x", "yaml", "2", "2"))
    assert (one.control.value, one._error.value) == ("2", "")


def test_a_typed_figure_goes_beyond_the_slider_and_is_said_as_it_was_typed() -> None:
    one, said = made(ParameterView("x", "number", 0.5, "0.5", low=0, high=1, step=0.01))
    assert one.figure.value == "0.5"
    one.control.value = 0.25
    assert one.figure.value == "0.25"
    one.figure.value = "0.3333"
    one.figure.value = "12"
    assert said == [0.25, "0.3333", "12"]
    one.show(ParameterView("x", "number", 12.0, "12.0", low=0, high=24, step=0.2))
    assert (one.control.value, one.control.max, one.figure.value) == (12.0, 12.0, "12.0")
    assert said == [0.25, "0.3333", "12"]


def test_texts_of_users_are_no_markup() -> None:
    view = ParameterView("x", "text", HOSTILE, repr(HOSTILE), "vars", repr(HOSTILE), (HOSTILE,))
    one, _ = made(view)
    one.show_error(HOSTILE)
    for shown in (one._facts.value, one._error.value):
        assert HOSTILE not in shown
        assert "&lt;img" in shown
    assert not one.control.description_allow_html


def test_reset_is_offered_once_something_is_to_be_taken_back() -> None:
    first, later = ParameterView("x", "text", "a", "'a'"), ParameterView("x", "text", "b", "'b'")
    one, said = made(first)
    assert one._button.disabled
    one.show(later)
    assert not one._button.disabled
    one._button.click()
    assert said == ["x"]
    one.show(first)
    assert one._button.disabled
    one.show_error("wrong")
    assert not one._button.disabled


def test_the_outcome_is_cards_without_scripts_in_order() -> None:
    panel = ParametersPanel(ParametersView("p", ()), lambda *said: None, lambda name: None, twin="t")
    panel.show_cards(
        {"b": NodeView("b", "sql", "completed", rows="3"), "a": NodeView("a", "sql", "failed", output=HOSTILE)}
    )
    panel.show_state("running", "computing a")
    assert list(panel.outcome.cards) == ["b", "a"]
    assert "3 rows" in panel.outcome.cards["b"]
    assert HOSTILE not in panel.outcome.cards["a"]
    assert panel.outcome.state == {"name": "running", "words": "computing a"}
    assert panel.outcome.twin == "t"
    panel.close()
    assert panel.outcome.comm is None

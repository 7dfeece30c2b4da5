"""Parameters as a table."""

from __future__ import annotations

from odibi_nb.pictures import parameters_html, parameters_text
from odibi_nb.pictures.parameters import users_text
from odibi_nb.views import ParametersView, ParameterView

HOSTILE = "<script>alert(1)</script>"
VIEW = ParametersView(
    "sales",
    (
        ParameterView("least", "whole", 5, "5", "%odibi params", "3", ("kept", "total")),
        ParameterView("label", "text", HOSTILE, repr(HOSTILE), "vars", repr(HOSTILE), ("kept",)),
    ),
)


def test_a_line_tells_value_origin_default_and_users() -> None:
    title, header, _, line, _ = parameters_text(VIEW).splitlines()
    assert title == "sales · parameters"
    assert header.split("  ")[0] == "parameter"
    assert line.split() == ["least", "5", "%odibi", "params", "3", "kept,", "total"]


def test_values_are_escaped() -> None:
    html = parameters_html(VIEW)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_many_users_are_shortened() -> None:
    assert users_text(ParameterView("x", "whole", 1, "1", nodes=tuple("abcdef"))) == "a, b, c, d, +2"

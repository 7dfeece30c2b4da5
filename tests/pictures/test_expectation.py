import pytest

from odibi_nb import pictures
from odibi_nb.views import ExpectationView

from . import samples


@pytest.mark.parametrize(("status", "mark"), [("passed", "✓"), ("failed", "✗"), ("warning", "!")])
def test_an_outcome_is_told_by_mark_and_word(status, mark):
    view = ExpectationView("clean", "positive", status)
    assert pictures.expectation_text(view) == f"positive of clean · {mark} {status}"
    assert f"positive · {mark} {status}" in samples.read(pictures.expectation_html(view)).text


def test_bad_rows_stand_below_it():
    lines = pictures.expectation_text(samples.bad_rows()).splitlines()
    assert lines[:3] == ["positive of clean · ✗ failed · 2 bad rows", "note: cells 1 and 2", "  id  region"]
    text = samples.read(pictures.expectation_html(samples.bad_rows())).text
    assert text.index("2 bad rows") < text.index("cells 1 and 2") < text.index("North")
    assert "expectation of clean" in text

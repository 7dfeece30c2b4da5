import base64
from dataclasses import replace
from xml.etree import ElementTree

from odibi_nb import pictures
from odibi_nb.views import BarView, ColumnProfileView, ProfileView

from . import samples


def test_one_line_a_column_with_bars_of_blocks():
    lines = pictures.profile_text(samples.profile()).splitlines()
    assert lines[:2] == ["sales · 1,234 rows · 2 columns", "note: sales has failed"]
    assert lines[-2].endswith("█ ▁▄ · 2 not finite")
    assert lines[-1].endswith("N 15, S 5")


def test_the_bars_of_a_page_are_a_picture_that_text_stands_for():
    page = samples.read(pictures.profile_html(samples.profile()))
    (image,) = page.all("img")
    assert image["alt"] == "█ ▁▄"
    assert (image["title"] or "").splitlines()[0] == "0 – 1: 8"
    svg = ElementTree.fromstring(base64.b64decode((image["src"] or "").removeprefix("data:image/svg+xml;base64,")))
    heights = [int(bar.get("height", 0)) for bar in svg]
    assert heights == [18, 0, 2, 9, 1]
    assert "N 15, S 5" in page.text


def test_bars_are_as_high_as_they_are_full_and_none_that_is_there_is_empty():
    bins = tuple(BarView("", count) for count in (0, 1, 1000, 500))
    column = ColumnProfileView("x", "BIGINT", "", "4", bins=bins)
    assert pictures.profile_text(ProfileView("n", 1501, (column,))).splitlines()[-1].endswith(" ▁█▄")


def test_only_some_frequent_values_are_shown_and_shortened():
    top = tuple(BarView("x" * 59 + str(n), 10 - n) for n in range(5))
    view = replace(samples.profile(), columns=(ColumnProfileView("s", "VARCHAR", "", "5", top=top),))
    line = pictures.profile_text(view).splitlines()[-1]
    assert line.count("…") == 3
    assert len(line) < 125

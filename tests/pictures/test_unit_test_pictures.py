from odibi_nb import pictures
from odibi_nb.views import TestView

from . import samples


def test_a_failed_test_is_what_differs_and_where():
    assert pictures.unit_test_text(samples.unit_test()).splitlines() == [
        "by_region::sums · ✗ failed · 3 ms",
        "1 row differs, 1 row is missing · cell 8, line 4",
        "  hint: did you mean?",
        "row           column  expected  got",
        "────────────  ──────  ────────  ────",
        "1 · region N  total   13        NULL",
        "",
        "row         region",
        "──────────  ──────",
        "missing, 2  NO",
        "note: cells 7 and 8",
        "output:",
        "adding",
    ]


def test_a_passed_test_is_one_line():
    view = TestView("by_region", "sums", "passed", 0.003, "3 ms")
    assert pictures.unit_test_text(view) == "by_region::sums · ✓ passed · 3 ms"
    assert samples.read(pictures.unit_test_html(view)).text == "by_region::sums ✓ passed · 3 ms"


def test_tests_are_their_sum_a_line_each_and_the_failures():
    lines = pictures.unit_tests_text(samples.unit_tests()).splitlines()
    assert lines[:7] == [
        "sales · 4 tests: 1 passed, 1 failed, 1 error · 6 ms",
        "test              status     time",
        "────────────────  ─────────  ────",
        "by_region::empty  ✓ passed   2 ms",
        "by_region::sums   ✗ failed   3 ms",
        "clean::amounts    ✗ error    1 ms",
        "clean::later      ○ pending",
    ]
    assert lines[7:10] == ["", "by_region::sums", "1 row differs, 1 row is missing · cell 8, line 4"]
    start = lines.index("clean::amounts")
    assert lines[start + 1 : start + 3] == ["KeyError: 'amont'", "  in cell 5"]


def test_html_tells_the_same():
    read = samples.read(pictures.unit_tests_html(samples.unit_tests()))
    assert read.text.startswith("sales · 4 tests: 1 passed, 1 failed, 1 error · 6 ms")
    for part in ("✓ passed", "1 · region N", "missing, 2", "KeyError: 'amont'", "adding", "cells 7 and 8", "waits for"):
        assert part in read.text
    classes = [attributes["class"] for attributes in read.all("span") if "class" in attributes]
    assert "odibi-status odibi-completed" in classes
    assert "odibi-status odibi-failed" in classes

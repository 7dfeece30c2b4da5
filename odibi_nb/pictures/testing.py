"""Unit tests as HTML and text: a line each, and below them where a result isn't what was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import error_html, error_text
from odibi_nb.pictures.markup import Markup, join, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.symbols import look
from odibi_nb.pictures.table import listing_html, listing_text, table_html, table_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.views import TestsView, TestView

__all__ = ["failure_text", "unit_test_html", "unit_test_text", "unit_tests_html", "unit_tests_text"]

# A test's own words for what looks like a status of nodes.
_LOOKS = {"passed": "completed", "failed": "failed", "error": "failed"}
_HEADER = ("test", "status", "time")
_RIGHT = (False, False, True)
_NAMED = 8


def unit_test_text(view: TestView) -> str:
    """Return one test: its line and, where it hasn't passed, why."""
    return "\n".join(filter(None, [visible(join_facts(view.id, _mark(view.status), view.time)), failure_text(view)]))


def unit_test_html(view: TestView) -> str:
    """Return one test as a card, without scripts or network."""
    facts = [tag("b", view.id, class_="odibi-name"), _status(view.status)]
    time = f" · {view.time}" if view.time else ""
    return framed(tag("div", join(facts, " "), time, class_="odibi-head"), *_failure(view))


def unit_tests_text(view: TestsView) -> str:
    """Return tests that ran together for terminals and logs."""
    rows = [(test.id, _mark(test.status), test.time) for test in view.tests]
    table = listing_text(_HEADER, rows, right_aligned=_RIGHT)
    failures = [f"\n{visible(test.id)}\n{failure}" for test in view.tests if (failure := failure_text(test))]
    guesses = [f"\nnote: {visible(guessed)}"] if (guessed := _guessed(view.tests)) else []
    return "\n".join([visible(_summary(view)), table, *failures, *guesses])


def unit_tests_html(view: TestsView) -> str:
    """Return tests that ran together, without scripts or network."""
    head = tag("div", tag("b", view.title), _summary(view).removeprefix(view.title), class_="odibi-head")
    rows = [(test.id, _status(test.status), test.time) for test in view.tests]
    failures = [
        tag("div", tag("b", test.id), *parts, class_="odibi-failure")
        for test in view.tests
        if (parts := _failure(test))
    ]
    guesses = [tag("ul", tag("li", guessed), class_="odibi-notes")] if (guessed := _guessed(view.tests)) else []
    return framed(head, listing_html(_HEADER, rows, right_aligned=_RIGHT), *failures, *guesses)


def failure_text(view: TestView) -> str:
    """Return what is wrong: the sentence, the cells and rows that differ, what the node raised and printed."""
    sentence = "" if view.status == "error" else join_facts(view.message, view.place)
    blocks = [
        visible(sentence),
        f"  hint: {visible(view.hint)}" if view.hint else "",
        "\n\n".join(table_text(table) for table in (view.cells, view.rows) if table is not None),
        error_text(view.error) if view.error is not None else "",
        *(f"note: {visible(note)}" for note in view.notes),
        f"output:\n{visible(view.output.rstrip(), lines=True)}" if view.output else "",
    ]
    return "\n".join(block for block in blocks if block)


def _failure(view: TestView) -> list[Markup]:
    parts = []
    if view.message and view.status != "error":
        parts.append(
            tag("div", view.message, tag("span", f" · {view.place}", class_="odibi-muted") if view.place else "")
        )
    if view.hint:
        parts.append(tag("div", tag("b", "hint: "), view.hint))
    parts += [table_html(table) for table in (view.cells, view.rows) if table is not None]
    parts += [error_html(view.error)] if view.error is not None else []
    parts += [tag("ul", *(tag("li", note) for note in view.notes), class_="odibi-notes")] if view.notes else []
    parts += [tag("details", tag("summary", "output"), tag("pre", view.output))] if view.output else []
    return parts


def _summary(view: TestsView) -> str:
    """Return "sales · 3 tests: 2 passed, 1 failed · 12 ms"."""
    return join_facts(view.title, f"{plural(len(view.tests), 'test')}: {_counts(view.tests)}", view.time)


def _counts(tests: Iterable[TestView]) -> str:
    counted = Counter(test.status for test in tests)
    texts = {"passed": "{} passed", "failed": "{} failed", "error": plural(counted["error"], "error")}
    return ", ".join(text.format(f"{counted[status]:,}") for status, text in texts.items() if counted[status])


def _guessed(tests: Iterable[TestView]) -> str:
    """Say for which inputs of tests that passed only the rows told the types; the others say so themselves."""
    counted = Counter(name for test in tests if test.status == "passed" for name in test.guessed)
    shown = ", ".join(f"{name} ({plural(count, 'test')})" for name, count in counted.most_common(_NAMED))
    more = f" and {len(counted) - _NAMED:,} more" if len(counted) > _NAMED else ""
    return f"types guessed from the rows of {shown}{more}; a test's `types:` settles them" if counted else ""


def _mark(status: str) -> str:
    return f"{look(_LOOKS.get(status, 'pending')).mark} {status}"


def _status(status: str) -> Markup:
    return tag("span", _mark(status), class_=f"odibi-status odibi-{_LOOKS.get(status, 'pending')}")

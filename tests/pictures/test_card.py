from dataclasses import replace

from odibi_nb import pictures
from odibi_nb.pictures import error_html, error_text
from odibi_nb.views import ErrorView, NodeView

from . import samples


def test_the_first_line_is_name_status_rows_time_and_what_was_written():
    text = samples.read(pictures.node_html(samples.card())).text
    assert text.startswith(
        "by_region · ✓ completed · 1,234 rows · 12 ms · written to local:by_region.parquet MOCK · sql"
    )
    line = pictures.node_text(samples.card()).splitlines()[0]
    assert line == "by_region · ✓ completed · 1,234 rows · 12 ms · written to local:by_region.parquet [MOCK]"


def test_facts_that_are_not_known_are_left_out():
    assert pictures.node_text(NodeView("a", "sql", "pending")) == "a · ○ pending"
    assert samples.read(pictures.node_html(NodeView("a", "sql", "pending"))).text == "a · ○ pending · sql"


def test_one_row_is_singular():
    assert pictures.node_text(NodeView("a", "sql", "completed", rows="1")) == "a · ✓ completed · 1 row"


def test_types_dependencies_output_and_code_are_folded():
    page = samples.read(pictures.node_html(samples.card()))
    assert len(page.all("details")) == 4
    assert all("open" not in details for details in page.all("details"))
    for part in (
        "1 column",
        "VARCHAR",
        "depends on clean, regons",
        "FROM, line 2",
        "not declared",
        "loading",
        "SELECT 1",
    ):
        assert part in page.text


def test_an_error_shows_place_source_caret_and_hint():
    assert pictures.node_text(samples.failed()).splitlines() == [
        "clean · ✗ failed · 8 ms",
        "KeyError: 'amont'",
        "  in cell 5",
        "  3 │     return df[df.amont]",
        "                    ^",
        "  hint: did you mean?",
    ]
    page = samples.read(pictures.node_html(samples.failed()))
    assert "3 │     return df[df.amont]\n                  ^" in page.text
    assert any(attributes.get("role") == "alert" for attributes in page.all("div"))


def test_the_caret_stands_below_its_column_after_wide_characters():
    error = ErrorView("E", "m", line=1, column=3, source="日本x")
    assert pictures.error_text(error).splitlines()[1:] == ["  1 │ 日本x", "          ^"]


def test_an_error_before_the_preview_and_notes_between():
    view = NodeView("a", "sql", "failed", error=ErrorView("E", "broken"), notes=("a note",), preview=samples.table())
    text = samples.read(pictures.node_html(view)).text
    assert text.index("broken") < text.index("a note") < text.index("North")


def test_the_card_tells_its_node_and_status_to_tests_and_scripts():
    card = samples.read(pictures.node_html(samples.failed())).all("div")[1]
    assert (card["data-node"], card["data-status"]) == ("clean", "failed")


def test_the_style_sheet_is_scoped_to_the_library():
    page = pictures.node_html(samples.card())
    css = page[page.index("<style>") + 7 : page.index("</style>")]
    css = css.replace("@media print {", "")
    selectors = [one for rule in css.split("}")[:-1] for one in rule.split("{")[0].split(",") if one.strip()]
    assert selectors
    assert all(".odibi-" in selector or "[data-odibi-twin]" in selector for selector in selectors)


def test_what_does_not_hold_stands_with_its_rows_between_error_and_notes():
    view = NodeView(
        "clean", "sql", "failed", error=ErrorView("E", "broken"), expectations=(samples.bad_rows(),), notes=("a note",)
    )
    lines = pictures.node_text(view).splitlines()
    assert lines[1:5] == [
        "E: broken",
        "✗ failed: positive: 2 bad rows",
        "      id  region",
        "    ────  ──────",
    ]
    assert lines[-1] == "note: a note"
    text = samples.read(pictures.node_html(view)).text
    assert (
        text.index("broken") < text.index("✗ failed positive: 2 bad rows") < text.index("North") < text.index("a note")
    )


def test_rows_below_bad_rows_are_called_the_result():
    view = NodeView("clean", "sql", "failed", expectations=(samples.bad_rows(),), preview=samples.table())
    assert "… 1,224 more rows · +34 columnsresult" in samples.read(pictures.node_html(view)).text.replace("\n", "")
    assert "result" not in samples.read(pictures.node_html(replace(view, expectations=()))).text


def test_an_error_names_the_helper_that_its_line_led_to():
    via = "in f, cell 4, line 2: a['<b>']"
    view = ErrorView("KeyError", "x", "cell 5, line 3", 3, source="f(a)", via=via, hint="h")
    text, html = error_text(view), str(error_html(view))
    assert text.index("f(a)") < text.index(via) < text.index("hint: h")
    assert "in f, cell 4, line 2" in html
    assert "<b>&#x27;" not in html
    assert "&lt;b&gt;" in html


def test_an_error_without_words_is_its_kind():
    assert error_text(ErrorView("AssertionError", "")) == "AssertionError"
    assert "AssertionError<" in str(error_html(ErrorView("AssertionError", "")))

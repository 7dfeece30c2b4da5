from odibi_nb import pictures
from odibi_nb.views import QueryView

from . import samples


def test_a_query_is_its_facts_and_its_rows():
    lines = pictures.query_text(samples.query()).splitlines()
    assert lines[:4] == ["query · 1,234 rows · 12 ms · in big", "note: note", "plan", "  id  region"]
    assert pictures.query_text(QueryView("1", "<1 ms")) == "query · 1 row · <1 ms"


def test_types_are_folded():
    page = samples.read(pictures.query_html(samples.query()))
    assert len(page.all("details")) == 1
    assert "1,234 rows · 12 ms · in big" in page.text
    assert page.text.index("North") < page.text.index("1 column") < page.text.index("VARCHAR")

import base64
from xml.etree import ElementTree

import pytest

from odibi_nb import pictures

from . import samples
from .payloads import DRAWINGS, PAYLOADS, TEXTS


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_text_adds_no_element_and_no_attribute(drawing, payload):
    draw = DRAWINGS[drawing]
    assert samples.read(draw(payload)).shape == samples.read(draw("x")).shape


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_image_stays_well_formed_without_active_parts(payload):
    page = samples.read(pictures.dag_html(samples.dag(payload)))
    (image,) = page.all("img")
    svg = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,"))
    elements = list(ElementTree.fromstring(svg).iter())
    assert {element.tag.rpartition("}")[2] for element in elements} <= {
        "svg", "title", "style", "g", "path", "rect", "text",
    }  # fmt: skip
    assert not [key for element in elements for key in element.attrib if key.startswith("on") or "href" in key]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("text", TEXTS)
def test_texts_reach_a_terminal_without_control_characters(text, payload):
    shown = TEXTS[text](payload)
    assert shown.replace("\n", "").isprintable()
    assert shown.encode()


@pytest.mark.parametrize("drawing", ["card", "failed", "expectation", "query", "run", "table", "listing"])
def test_escaped_text_is_read_back_as_it_was(drawing):
    payload = '<b title="x">&amp;\'</b>'
    assert payload in samples.read(DRAWINGS[drawing](payload)).text

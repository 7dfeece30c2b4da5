import base64
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from odibi_nb import pictures

from . import samples

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    " onfocus=alert(1) autofocus ",
    "/onload=alert(1)/",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "</svg><script>alert(1)</script>",
    "<svg><script>alert&#40;1&#41;</script>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><foreignObject><body onload=alert(1)></foreignObject></svg>",
    "<use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jAvAsCrIpT:alert(1)'>x</a>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<style>@import 'http://x.example/x.css';</style>",
    "</style><script>alert(1)</script>",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<link rel=stylesheet href=http://x.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//x.example/>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</td></tr></table><script>alert(1)</script>",
    "</pre></div></details><script>alert(1)</script>",
    "<!--<img src=x onerror=alert(1)>-->",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "]]><script>alert(1)</script>",
    "<?xml version='1.0'?><?x y?>",
    "<!DOCTYPE html><!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&xxe;",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\x1b]8;;http://x.example\x07x\x1b]8;;\x07\x1b[2J",
    "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\ufffe\uffff",
    "\ud800 lone",
    "\u202egnp.exe",
    "a\r\nb\nc\td",
    "{{7*7}} ${7*7} #{7*7}",
    "x|y `z` *a* _b_ [c](javascript:alert(1))",
    '.c{fill:red}"/><rect onload="alert(1)',
    "../../etc/passwd\\..\\",
]

DRAWINGS: dict[str, Callable[[str], str]] = {
    "dag": lambda text: pictures.dag_html(samples.dag(text)),
    "svg": lambda text: pictures.dag_svg(samples.dag(text)),
    "card": lambda text: pictures.node_html(samples.card(text)),
    "failed": lambda text: pictures.node_html(samples.failed(text)),
    "changed card": lambda text: pictures.node_html(samples.changed_card(text)),
    "diff": lambda text: pictures.diff_html(samples.diff(text)),
    "profile": lambda text: pictures.profile_html(samples.profile(text)),
    "error": lambda text: pictures.error_html(samples.failed(text).error),
    "expectation": lambda text: pictures.expectation_html(samples.bad_rows(text)),
    "query": lambda text: pictures.query_html(samples.query(text)),
    "run": lambda text: pictures.run_html(samples.run(text)),
    "progress": lambda text: pictures.progress_html(samples.progress(text)),
    "table": lambda text: pictures.table_html(samples.table(text)),
    "listing": lambda text: pictures.listing_html([f"name{text}"], [[f"value{text}"]]),
    "unit test": lambda text: pictures.unit_test_html(samples.unit_test(text)),
    "unit tests": lambda text: pictures.unit_tests_html(samples.unit_tests(text)),
    "lineage": lambda text: pictures.lineage_html(samples.lineage(text)),
    "all lineage": lambda text: pictures.lineage_html(replace(samples.lineage(text), column="")),
    "plan": lambda text: pictures.plan_html(samples.plan(text)),
    "framed": lambda text: pictures.framed(f"plain{text}"),
}

TEXTS: dict[str, Callable[[str], str]] = {
    "dag": lambda text: pictures.dag_text(samples.dag(text)),
    "card": lambda text: pictures.node_text(samples.card(text)),
    "failed": lambda text: pictures.node_text(samples.failed(text)),
    "expectation": lambda text: pictures.expectation_text(samples.bad_rows(text)),
    "query": lambda text: pictures.query_text(samples.query(text)),
    "changed card": lambda text: pictures.node_text(samples.changed_card(text)),
    "diff": lambda text: pictures.diff_text(samples.diff(text)),
    "profile": lambda text: pictures.profile_text(samples.profile(text)),
    "run": lambda text: pictures.run_text(samples.run(text)),
    "progress": lambda text: pictures.progress_text(samples.progress(text)),
    "plan": lambda text: pictures.plan_text(samples.plan(text)),
    "table": lambda text: pictures.table_text(samples.table(text)),
    "lineage": lambda text: pictures.lineage_text(samples.lineage(text)),
    "all lineage": lambda text: pictures.lineage_text(replace(samples.lineage(text), column="")),
    "listing": lambda text: pictures.listing_text([f"name{text}"], [[f"value{text}"]]),
    "unit test": lambda text: pictures.unit_test_text(samples.unit_test(text)),
    "unit tests": lambda text: pictures.unit_tests_text(samples.unit_tests(text)),
}


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

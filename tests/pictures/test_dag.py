import base64
import itertools
import re
from xml.etree import ElementTree

import pytest

from odibi_nb import pictures
from odibi_nb.pictures import drawing
from odibi_nb.views import DagNodeView, DagView

from . import samples

SVG = "{http://www.w3.org/2000/svg}"


def cards(svg: str) -> dict[str, ElementTree.Element]:
    groups = ElementTree.fromstring(svg).iter(f"{SVG}g")
    return {group.get("data-node"): group for group in groups if group.get("data-node")}


def image(page: str) -> str:
    (attributes,) = samples.read(page).all("img")
    return base64.b64decode(attributes["src"].partition("base64,")[2]).decode()


def chain(count: int) -> DagView:
    names = [f"node_{i}" for i in range(count)]
    nodes = tuple(DagNodeView(name, "sql", "pending") for name in names)
    return DagView("long", nodes, tuple(itertools.pairwise(names)))


def test_each_node_is_a_card_with_its_facts_as_title_and_label():
    card = cards(pictures.dag_svg(samples.dag()))["load_sales"]
    assert card.findtext(f"{SVG}title") == "load_sales · source · completed · 1,234 rows · 12 ms"
    assert card.get("aria-label") == card.findtext(f"{SVG}title")
    assert card.get("data-status") == "completed"
    assert [text.text for text in card.iter(f"{SVG}text")] == ["load_sales", "1,234 rows · 12 ms"]


def test_no_two_statuses_share_their_icon():
    nodes = tuple(DagNodeView(status, "sql", status) for status in samples.STATUSES)
    drawn = cards(pictures.dag_svg(DagView("all", nodes, ())))
    icons = {name: list(card.iter(f"{SVG}path"))[-1].get("d") for name, card in drawn.items()}
    assert set(icons) == set(samples.STATUSES)
    assert len(set(icons.values())) == len(samples.STATUSES)


def test_no_two_kinds_share_their_icon():
    nodes = tuple(DagNodeView(kind, kind, "pending") for kind in ("source", "sql", "python", "sink", "pass"))
    drawn = cards(pictures.dag_svg(DagView("all", nodes, ())))
    assert len({next(card.iter(f"{SVG}path")).get("d") for card in drawn.values()}) == len(nodes)


def test_an_unresolved_name_and_its_edges_are_dashed():
    svg = ElementTree.fromstring(pictures.dag_svg(samples.dag()))
    dashed = [element.tag for element in svg.iter() if element.get("stroke-dasharray")]
    assert sorted(dashed) == [f"{SVG}path", f"{SVG}rect"]


def test_a_long_name_is_shortened_in_the_middle_and_whole_in_the_title():
    name = "stg_customers_with_a_very_long_descriptive_name_v2"
    card = cards(pictures.dag_svg(DagView("p", (DagNodeView(name, "sql", "pending"),), ())))[name]
    shown = next(card.iter(f"{SVG}text")).text
    assert re.fullmatch(r"stg_customers.*….*name_v2", shown)
    assert name in card.findtext(f"{SVG}title")


def test_the_picture_carries_its_own_dark_colours():
    assert "@media (prefers-color-scheme:dark)" in pictures.dag_svg(samples.dag())


def test_html_shows_an_image_with_a_description_and_a_folded_table():
    page = samples.read(pictures.dag_html(samples.dag()))
    assert page.all("div")[1]["class"] == "odibi-static"
    (attributes,) = page.all("img")
    assert attributes["alt"].startswith("sales: 3 nodes, 1 completed, 1 failed, 1 unresolved. load_sales · source")
    assert "← load_sales, targets" in page.text
    assert not page.all("script")


def test_nothing_in_the_page_comes_from_the_network():
    page = pictures.dag_html(samples.dag())
    addresses = re.findall(r"https?://[^\"' ]+", page + image(page))
    assert set(addresses) == {"http://www.w3.org/2000/svg"}


def test_a_graph_of_hundreds_is_drawn_whole_and_says_how_to_see_less():
    view = chain(400)
    page = pictures.dag_html(view)
    assert len(cards(image(page))) == 400
    assert "400 nodes are many for one picture" in samples.read(page).text
    assert "400 nodes are many for one picture" in pictures.dag_text(view)
    assert "many for one picture" not in pictures.dag_text(chain(300))


def test_the_same_cards_are_drawn_without_graphviz(monkeypatch):
    with_graphviz = set(cards(pictures.dag_svg(samples.dag())))
    monkeypatch.setattr(drawing, "lay_out", lambda picture: None)
    assert set(cards(pictures.dag_svg(samples.dag()))) == with_graphviz


def test_the_text_has_a_line_a_node_with_arrows():
    assert pictures.dag_text(samples.dag()).splitlines() == [
        "sales: 3 nodes, 1 completed, 1 failed, 1 unresolved",
        "  ✓ completed   load_sales  source  1,234 rows  12 ms",
        "  ? unresolved  targets     pass",
        "  ✗ failed      by_region   sql                  4 ms  ← load_sales, targets",
    ]


@pytest.mark.parametrize("draw", [pictures.dag_text, lambda view: samples.read(pictures.dag_html(view)).text])
def test_an_empty_graph_says_so(draw):
    assert draw(DagView("sales", (), ())) == "sales: no nodes yet"

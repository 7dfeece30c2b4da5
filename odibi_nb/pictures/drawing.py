"""The graph as SVG: Graphviz says where, the cards and edges are drawn here."""

from __future__ import annotations

from odibi_nb.exceptions import shortened
from odibi_nb.graph import digraph, node_ids
from odibi_nb.pictures.layout import Layout, Point, lay_out, lay_out_in_layers
from odibi_nb.pictures.markup import Markup, join, tag
from odibi_nb.pictures.symbols import STATUSES, kind_path, known, look
from odibi_nb.pictures.text import join_facts, row_count
from odibi_nb.views import DagNodeView, DagView

__all__ = ["draw", "facts"]

_HEIGHT = 42.0
_GAP = (38.0, 14.0)
_MARGIN = 6.0
_NAME_AT = 32.0  # right of the kind's icon
_ICON = 16.0
_LONGEST = 28  # characters of a name that a card makes room for
_NARROWEST = 96.0
# Mean widths of a character in a wide font (DejaVu): which font the reader has isn't known here.
_NAME_CHARACTER, _FACT_CHARACTER = 7.7, 6.5
_DARK_CARD = (
    ".c{fill:#161b22;stroke:#3d444d}.n{fill:#e6edf3}.f,.k{fill:#9198a1}.k{fill:none;stroke:#9198a1}.e{stroke:#6e7681}"
)
_DARK_STATUSES = "".join(
    f".{status}{{stroke:{one.dark}}}.{status}-bar{{fill:{one.dark}}}" for status, one in STATUSES.items()
)
_STYLE = Markup(f"<style>@media (prefers-color-scheme:dark){{{_DARK_CARD}{_DARK_STATUSES}}}</style>")


def draw(view: DagView, title: str) -> tuple[Markup, float]:
    """Return the graph as SVG, and the width in pixels."""
    names = [node.name for node in view.nodes]
    card_width, ids = _card_width(view), node_ids(names)
    layout = _layout(view, card_width)
    unresolved = {ids[node.name] for node in view.nodes if node.status == "unresolved"}
    edges = [_edge(spline, dashed=tail in unresolved) for tail, _, spline in layout.edges]
    cards = [_card(node, layout.nodes[ids[node.name]], card_width) for node in view.nodes]
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    svg = tag(
        "svg",
        tag("title", title),
        _STYLE,
        tag("g", *edges, *cards, transform=f"translate({_MARGIN:g} {_MARGIN:g})"),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        font_family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
    )
    return svg, width


def facts(node: DagNodeView) -> str:
    """Return all that is known of a node, for titles and readers of the screen."""
    return join_facts(node.name, node.kind, node.status, row_count(node.rows), node.time)


def _card_width(view: DagView) -> float:
    """One width for all cards, so that columns stay straight."""
    names = max((min(len(node.name), _LONGEST) for node in view.nodes), default=0) * _NAME_CHARACTER
    details = max((len(_second_line(node)) for node in view.nodes), default=0) * _FACT_CHARACTER
    return _NAME_AT + max(names, details, _NARROWEST) + _ICON + 12


def _layout(view: DagView, width: float) -> Layout:
    # Graphviz gets ids only: no text of the user's can confuse it.
    ids = node_ids(node.name for node in view.nodes)
    edges = [(ids[tail], ids[head]) for tail, head in view.edges]
    picture = digraph(ids.values(), edges)
    picture.graph_attr.update(nodesep=f"{_GAP[1] / 72}", ranksep=f"{_GAP[0] / 72}", margin="0", pad="0")
    picture.node_attr.update(shape="box", fixedsize="true", width=f"{width / 72}", height=f"{_HEIGHT / 72}")
    picture.edge_attr.update(arrowhead="none", headport="w", tailport="e")
    if layout := lay_out(picture):
        return layout
    return lay_out_in_layers(list(ids.values()), edges, card=(width, _HEIGHT), gap=_GAP)


def _edge(spline: tuple[Point, ...], *, dashed: bool) -> Markup:
    (x, y), *rest = spline
    end_x, end_y = rest[-1]
    curve = f"M{x:.1f} {y:.1f}C{' '.join(f'{px:.1f} {py:.1f}' for px, py in rest)}"
    tip = f"M{end_x - 5:.1f} {end_y - 3.5:.1f}L{end_x - 0.5:.1f} {end_y:.1f}L{end_x - 5:.1f} {end_y + 3.5:.1f}"
    dashes = "4 3" if dashed else None
    style = {"class_": "e", "fill": "none", "stroke": "#8c959f"}
    return join(
        [tag("path", d=curve, stroke_width="1.3", stroke_dasharray=dashes, **style), tag("path", d=tip, **style)]
    )


def _card(node: DagNodeView, centre: Point, width: float) -> Markup:
    unresolved = node.status == "unresolved"
    colour = look(node.status).light
    status = known(node.status)
    loud = status in {"failed", "unresolved"}
    box = tag(
        "rect",
        class_=f"c {status}" if loud else "c",
        width=f"{width:g}",
        height=f"{_HEIGHT:g}",
        rx="7",
        fill="#ffffff",
        stroke=colour if loud else "#d0d7de",
        stroke_dasharray="4 3" if unresolved else None,
    )
    bar = tag("rect", class_=f"{status}-bar", y="9", width="3", height=f"{_HEIGHT - 18:g}", rx="1.5", fill=colour)
    return tag(
        "g",
        tag("title", facts(node)),
        box,
        *([] if unresolved else [bar]),
        _icon(kind_path(node.kind), 9, "k", "#59636e"),
        _text(shortened(node.name, _LONGEST), 18, "n", "#1f2328", font_size="12", font_weight="600"),
        _text(_second_line(node), 33, "f", "#59636e", font_size="11"),
        _icon(look(node.status).path, width - _ICON - 7, status, colour, stroke_width="2"),
        transform=f"translate({centre[0] - width / 2:.1f} {centre[1] - _HEIGHT / 2:.1f})",
        role="img",
        aria_label=facts(node),
        data_node=node.name,
        data_status=node.status,
    )


def _second_line(node: DagNodeView) -> str:
    done = node.status in {"completed", "cached", "stale"}
    return join_facts("" if done and (node.rows or node.time) else node.status, row_count(node.rows), node.time)


def _icon(path: str, x: float, class_: str, colour: str, stroke_width: str = "1.4") -> Markup:
    return tag(
        "path", class_=class_, d=path, fill="none", stroke=colour, stroke_width=stroke_width,
        stroke_linecap="round", stroke_linejoin="round",
        transform=f"translate({x:g} {(_HEIGHT - _ICON) / 2:g})",
    )  # fmt: skip


def _text(text: str, y: float, class_: str, colour: str, **font: str) -> Markup:
    return tag("text", text, class_=class_, x=f"{_NAME_AT:g}", y=f"{y:g}", fill=colour, **font)

"""The graph as SVG: Graphviz says where, the cards and edges are drawn here."""

from __future__ import annotations

from dataclasses import dataclass

from odibi_nb.exceptions import plural, shortened
from odibi_nb.graph import digraph, node_ids
from odibi_nb.pictures.layout import Layout, Point, lay_out, lay_out_in_layers
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.symbols import STATUSES, kind_path, known, look
from odibi_nb.pictures.text import join_facts, row_count
from odibi_nb.views import DagNodeView, DagView

__all__ = ["Placed", "draw", "facts", "place", "second_line", "shown_name"]

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


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything in a picture goes, in pixels; the origin is at the upper left.

    card: width and height of every node. nodes: the upper left corner of each, by name. edges: (upstream, downstream,
    path), paths in the language of SVG.
    """

    width: float
    height: float
    card: Point
    nodes: dict[str, Point]
    edges: tuple[tuple[str, str, str], ...]


def place(view: DagView, *, room: float = 0.0) -> Placed:
    """Return where the nodes and edges of a graph go.

    room: width that cards have at least for what is said of a node, which may come to be more.
    """
    ids = node_ids(node.name for node in view.nodes)
    names = {node_id: name for name, node_id in ids.items()}
    card = (max(_card_width(view), _NAME_AT + room + _ICON + 12), _HEIGHT)
    layout = _layout(view, card[0])
    corners = {name: _corner(layout.nodes[node_id], card) for name, node_id in ids.items()}
    edges = tuple((names[tail], names[head], _path(spline)) for tail, head, spline in layout.edges)
    return Placed(layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN, card, corners, edges)


def draw(view: DagView, title: str) -> tuple[Markup, float]:
    """Return the graph as SVG, and the width in pixels."""
    placed = place(view)
    width, height = placed.width, placed.height
    unresolved = {node.name for node in view.nodes if node.status == "unresolved"}
    edges = [_edge(path, dashed=tail in unresolved) for tail, _, path in placed.edges]
    cards = [_card(node, placed.nodes[node.name], placed.card[0]) for node in view.nodes]
    svg = tag(
        "svg",
        tag("title", title),
        _STYLE,
        *edges,
        *cards,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        stroke_linecap="round",
        stroke_linejoin="round",
        font_family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
    )
    return svg, width


def shown_name(name: str) -> str:
    """Return a name, as much of it as a card has room for."""
    return shortened(name, _LONGEST)


def facts(node: DagNodeView) -> str:
    """Return all that is known of a node, for titles and readers of the screen."""
    if node.members:
        return join_facts(node.name, second_line(node), ", ".join(node.members))
    return join_facts(node.name, node.kind, node.status, row_count(node.rows), node.time, _warnings(node))


def _card_width(view: DagView) -> float:
    """One width for all cards, so that columns stay straight."""
    names = max((min(len(node.name), _LONGEST) for node in view.nodes), default=0) * _NAME_CHARACTER
    details = max((len(second_line(node)) for node in view.nodes), default=0) * _FACT_CHARACTER
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


def _corner(centre: Point, card: Point) -> Point:
    return centre[0] - card[0] / 2 + _MARGIN, centre[1] - card[1] / 2 + _MARGIN


def _path(spline: tuple[Point, ...]) -> str:
    """Return an edge: its curve, then its tip."""
    (x, y), *rest = [(px + _MARGIN, py + _MARGIN) for px, py in spline]
    end_x, end_y = rest[-1]
    curve = f"M{x:.1f} {y:.1f}C{' '.join(f'{px:.1f} {py:.1f}' for px, py in rest)}"
    return f"{curve}M{end_x - 5:.1f} {end_y - 3.5:.1f}L{end_x - 0.5:.1f} {end_y:.1f}L{end_x - 5:.1f} {end_y + 3.5:.1f}"


def _edge(path: str, *, dashed: bool) -> Markup:
    dashes = "4 3" if dashed else None
    return tag("path", d=path, class_="e", fill="none", stroke="#8c959f", stroke_width="1.3", stroke_dasharray=dashes)


def _card(node: DagNodeView, corner: Point, width: float) -> Markup:
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
        _text(shown_name(node.name), 18, "n", "#1f2328", font_size="12", font_weight="600"),
        _text(second_line(node), 33, "f", "#59636e", font_size="11"),
        *([_icon(look(node.status).path, width - _ICON - 7, status, colour, stroke_width="2")] if node.status else []),
        transform=f"translate({corner[0]:.1f} {corner[1]:.1f})",
        role="img",
        aria_label=facts(node),
        data_node=node.name,
        data_status=node.status,
    )


def second_line(node: DagNodeView) -> str:
    """Return what stands below a node's name."""
    if node.members:
        return join_facts(plural(len(node.members), "node"), node.reason)
    done = node.status in {"completed", "cached", "stale"}
    status = "" if done and (node.rows or node.time) else node.status or node.kind
    return join_facts(status, row_count(node.rows), node.time, _warnings(node))


def _warnings(node: DagNodeView) -> str:
    return f"⚠ {plural(node.warnings, 'warning')}" if node.warnings else ""


def _icon(path: str, x: float, class_: str, colour: str, stroke_width: str = "1.4") -> Markup:
    return tag(
        "path", class_=class_, d=path, fill="none", stroke=colour, stroke_width=stroke_width,
        transform=f"translate({x:g} {(_HEIGHT - _ICON) / 2:g})",
    )  # fmt: skip


def _text(text: str, y: float, class_: str, colour: str, **font: str) -> Markup:
    return tag("text", text, class_=class_, x=f"{_NAME_AT:g}", y=f"{y:g}", fill=colour, **font)

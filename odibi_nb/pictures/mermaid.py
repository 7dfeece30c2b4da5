"""The graph as Mermaid, which GitHub, GitLab and many a wiki draw from its text."""

from __future__ import annotations

from collections.abc import Iterable

from odibi_nb.exceptions import plural
from odibi_nb.pictures.symbols import STATUSES, known, look
from odibi_nb.pictures.text import join_facts, row_count, visible
from odibi_nb.views import DagNodeView, DagView

__all__ = ["dag_mermaid"]

_PLAIN = frozenset(" _,.·≥≈").union(one.mark for one in STATUSES.values())
_SHAPES = {"source": ('[("', '")]'), "group": ('[["', '"]]')}
_BOX = ('["', '"]')


def dag_mermaid(view: DagView) -> str:
    """Return the graph as a Mermaid flowchart; an edge from a node that isn't declared is dotted."""
    ids = _ids(node.name for node in view.nodes)
    unresolved = {node.name for node in view.nodes if node.status == "unresolved"}
    nodes = [f"  {ids[node.name]}{_box(node)}{_class(node.status)}" for node in view.nodes]
    edges = [f"  {ids[tail]} {'-.->' if tail in unresolved else '-->'} {ids[head]}" for tail, head in view.edges]
    seen = {known(node.status) for node in view.nodes if node.status}
    classes = [f"  classDef {status} {_style(status)}" for status in STATUSES if status in seen]
    return "\n".join(["flowchart LR", *nodes, *edges, *classes])


def _ids(names: Iterable[str]) -> dict[str, str]:
    """Return each node's id: bare names may be Mermaid's own words (`end`), or be read as part of an arrow (`x`)."""
    return {
        name: f"n_{name}" if name.isascii() and name.isidentifier() else f"n{position}"
        for position, name in enumerate(names)
    }


def _box(node: DagNodeView) -> str:
    size = plural(len(node.members), "node") if node.members else row_count(node.rows)
    status = f"{look(node.status).mark} " if node.status else ""
    lines = [f"{status}{node.name}", join_facts(size, node.time)]
    opened, closed = _SHAPES.get(node.kind, _BOX)
    return f"{opened}{'<br/>'.join(_escaped(line) for line in lines if line)}{closed}"


def _class(status: str) -> str:
    return f":::{known(status)}" if status else ""


def _escaped(text: str) -> str:
    """Return a text in which Mermaid, Markdown and HTML find nothing to obey; its entities are `#60;`."""
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in visible(text))


def _style(status: str) -> str:
    # The box and its text stay as the reader's theme has them, light or dark.
    dashes = ",stroke-dasharray:4 3" if status == "unresolved" else ""
    return f"stroke:{look(status).light},stroke-width:2px{dashes}"

"""HTML and SVG that can't be broken by the texts in it: `tag` escapes whatever is not markup already."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

from odibi_nb.pictures.text import visible

__all__ = ["Markup", "data_uri", "join", "tag"]

_VOID = {"img", "path", "rect"}


class Markup(str):
    """A text that is HTML or SVG already."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: object) -> Markup:
    """Return an element; children that are no Markup are escaped, as are all attributes.

    attributes: `class_` is written `class`, `stroke_width` is written `stroke-width`; None leaves one out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(parts: Iterable[str], separator: str = "") -> Markup:
    """Return the parts side by side as markup, each escaped unless it is markup."""
    return Markup(separator.join(part if isinstance(part, Markup) else _escaped(part) for part in parts))


def data_uri(svg: str) -> str:
    """Return a picture as the source of an `<img>`, which untrusted notebooks keep (inline SVG they strip)."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _escaped(text: str) -> str:
    return html.escape(visible(text, lines=True))

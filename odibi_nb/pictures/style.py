"""The one style sheet of all static pictures; front ends that strip it leave a readable page."""

from __future__ import annotations

from functools import cache
from importlib import resources

from odibi_nb.pictures.markup import Markup, tag

__all__ = ["framed", "style_sheet", "with_style"]


@cache
def style_sheet() -> str:
    """Return the style sheet in one line."""
    return " ".join(resources.files(__package__).joinpath("card.css").read_text("utf-8").split())


def with_style(content: Markup) -> str:
    """Return a picture that can stand alone: front ends may show an output without any other.

    Notebooks and nbconvert take `$a$` in an output for mathematics, but for these classes.
    """
    return tag("div", tag("style", Markup(style_sheet())), content, class_="mathjax_ignore tex2jax_ignore")


def framed(*parts: str) -> str:
    """Return tables and errors as one card that can stand alone; parts that are no markup are escaped."""
    return with_style(tag("div", *parts, class_="odibi-card"))

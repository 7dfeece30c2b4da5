"""The one style sheet of all static pictures; front ends that strip it leave a readable page."""

from __future__ import annotations

from functools import cache
from importlib import resources

from odibi_nb.pictures.markup import Markup, tag

__all__ = ["framed", "with_style"]


@cache
def _style() -> Markup:
    css = resources.files(__package__).joinpath("card.css").read_text("utf-8")
    return tag("style", Markup(" ".join(css.split())))


def with_style(content: Markup) -> str:
    """Return a picture that can stand alone: front ends may show an output without any other."""
    return f"{_style()}{content}"


def framed(*parts: str) -> str:
    """Return tables and errors as one card that can stand alone; parts that are no markup are escaped."""
    return with_style(tag("div", *parts, class_="odibi-card"))

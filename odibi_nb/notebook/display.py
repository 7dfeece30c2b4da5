"""Outputs that every front end can show: HTML where there is a browser, text everywhere."""

from __future__ import annotations

from typing import Any

from IPython.display import display

from odibi_nb.commands.base import Shown

__all__ = ["show"]


class Output:
    """One output in all its forms."""

    def __init__(self, text: str, html: str | None = None, svg: str | None = None) -> None:
        self._bundle = {"text/plain": text}
        if html is not None:
            self._bundle["text/html"] = html
        if svg is not None:
            self._bundle["image/svg+xml"] = svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self._bundle

    def __repr__(self) -> str:
        return self._bundle["text/plain"]


def show(shown: Shown) -> None:
    """Display what a command shows; then raise its error, if it has one."""
    if shown.text or shown.html:
        display(Output(shown.text, shown.html, shown.svg))
    if shown.error is not None:
        raise shown.error

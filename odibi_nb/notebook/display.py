"""Outputs that every front end can show: HTML where there is a browser, text everywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.getipython import get_ipython
from IPython.display import display

from odibi_nb.commands.base import Shown

__all__ = ["Output", "as_twin", "has_widgets", "is_captured", "printing_displays", "show", "show_value", "show_widget"]


_AS_TEXT = "margin: 0; padding: 0; white-space: pre-wrap"
"""Front ends set preformatted text apart, which is right among prose."""


class Output:
    """One output in all its forms."""

    def __init__(self, text: str, html: str | None = None, svg: str | None = None) -> None:
        forms = {"text/plain": text, "text/html": html, "image/svg+xml": svg}
        self._bundle = {kind: form for kind, form in forms.items() if form is not None}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self._bundle

    def __repr__(self) -> str:
        return self._bundle["text/plain"]


def show(shown: Shown, *, replacing: str = "") -> None:
    """Display what a command shows, and fill the next cell if it has one for it; then raise its error.

    replacing: the id of a display that it takes the place of; "" for one of its own.
    """
    if shown.text or shown.html:
        html = f'<pre style="{_AS_TEXT}">{escape(shown.text)}</pre>' if shown.html is None else shown.html
        output, place = Output(shown.text, html, shown.svg), {"display_id": replacing} if replacing else {}
        display(output, update=bool(replacing), **place)  # type: ignore[no-untyped-call]
    if shown.next_cell is not None and (shell := get_ipython()) is not None:
        shell.set_next_input(shown.next_cell)
    if shown.error is not None:
        raise shown.error


def has_widgets(shell: Any) -> bool:
    """Whether somebody may be there to use a widget: not in a terminal, nor where a program runs the cells.

    Programs (nbconvert, papermill, nbval) say that nobody answers an `input()`. Their notebooks would carry a widget's
    state, and the pages made of them a script from the network that can do nothing with it. Voilà's pages are alive.
    """
    if getattr(shell, "kernel", None) is None:
        return False
    content = (shell.get_parent() or {}).get("content") or {}
    return content.get("allow_stdin") is not False or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")


def is_captured(shell: Any) -> bool:
    """Whether what is displayed goes into a variable, by `%%capture`: nobody sees it until then."""
    return isinstance(shell.display_pub, CapturingDisplayPublisher)


def as_twin(html: str, twin: str) -> str:
    """Return a static picture that a live one hides while it is on the page; twin: what both know each other by."""
    from odibi_nb.pictures.markup import Markup, tag  # the package's other pictures come with it

    return tag("div", Markup(html), data_odibi_twin=twin)


def show_widget(widget: Any, static: Shown | None = None, *, display_id: str | None = None) -> None:
    """Display a widget where there is one; other readers see what is static, or nothing where a twin says it all."""
    bundle = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})  # the latter tells Colab what draws it
    forms = {kind: form for kind, form in data.items() if kind != "text/plain"}
    if static is not None:
        forms |= Output(static.text, static.html)._repr_mimebundle_()
    display(forms, metadata=metadata, raw=True, display_id=display_id)  # type: ignore[no-untyped-call]


@contextmanager
def printing_displays(shell: Any) -> Iterator[None]:
    """Print, in words, what is displayed on this thread: it would land in some cell that has nothing to do with it."""
    publisher: Any = shell.display_pub
    if not hasattr(publisher, "register_hook"):  # only a kernel's has threads beside those of cells
        yield
        return
    publisher.register_hook(_print_display)
    try:
        yield
    finally:
        publisher.unregister_hook(_print_display)


def _print_display(message: Mapping[str, Any]) -> None:
    if (text := message["content"].get("data", {}).get("text/plain")) is not None:
        print(text)  # noqa: T201 - the node that runs here has it on its card


def show_value(value: Any) -> None:
    """Display a value that has more to show than its repr: a figure, a table, a map."""
    formatter = getattr(get_ipython(), "display_formatter", None)
    if formatter is not None and formatter.format(value)[0].keys() - {"text/plain"}:
        display(value)  # type: ignore[no-untyped-call]

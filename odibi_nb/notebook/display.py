"""Outputs that every front end can show: HTML where there is a browser, text everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from odibi_nb.commands.base import Shown

__all__ = ["as_twin", "has_widgets", "printing_displays", "show", "show_value", "show_widget"]


class Output:
    """One output in all its forms."""

    def __init__(self, text: str, html: str | None = None, svg: str | None = None) -> None:
        forms = {"text/plain": text, "text/html": html, "image/svg+xml": svg}
        self._bundle = {kind: form for kind, form in forms.items() if form is not None}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self._bundle

    def __repr__(self) -> str:
        return self._bundle["text/plain"]


def show(shown: Shown) -> None:
    """Display what a command shows, and fill the next cell if it has one for it; then raise its error."""
    if shown.text or shown.html:
        display(Output(shown.text, shown.html, shown.svg))  # type: ignore[no-untyped-call]
    if shown.next_cell is not None and (shell := get_ipython()) is not None:
        shell.set_next_input(shown.next_cell)
    if shown.error is not None:
        raise shown.error


def has_widgets(shell: Any) -> bool:
    """Whether a front end may be there that shows widgets: a terminal has no kernel."""
    return getattr(shell, "kernel", None) is not None


def as_twin(html: str, twin: str) -> str:
    """Return a static picture that a live one hides while it is on the page; twin: what both know each other by."""
    from odibi_nb.pictures.markup import Markup, tag  # the package's other pictures come with it

    return tag("div", Markup(html), data_odibi_twin=twin)


def show_widget(widget: Any) -> None:
    """Display a widget where there is one; other readers see nothing, for its static twin says all in words."""
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    display({kind: form for kind, form in data.items() if kind != "text/plain"}, raw=True)  # type: ignore[no-untyped-call]


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

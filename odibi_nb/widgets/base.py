"""What all widgets share: how their parts become one module and one style sheet, and questions from the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from odibi_nb.pictures.style import style_sheet
from odibi_nb.pictures.symbols import STATUSES

__all__ = ["Answer", "LiveWidget", "module", "styles"]

_STATIC = Path(__file__).parent / "static"

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any] | Future[Mapping[str, Any]]]


def module(*parts: str) -> str:
    """Return the named files as one module; the last one exports. All share what `page.js` has."""
    return "\n".join((_STATIC / f"{part}.js").read_text("utf-8") for part in ("page", *parts))


def styles(*parts: str) -> str:
    """Return the named files as one style sheet, after that of the static pictures and the colours of statuses."""
    files = ((_STATIC / f"{part}.css").read_text("utf-8") for part in ("page", *parts))
    return "\n".join((style_sheet(), _colours(), *files))


class LiveWidget(anywidget.AnyWidget):
    """A widget that asks the kernel.

    twin: the id of the static picture that is hidden while this one is shown; "" where there is none.
    """

    twin = traitlets.Unicode().tag(sync=True)

    def __init__(self, answer: Answer, **traits: Any) -> None:
        """Show something.

        answer: gets what the page asks, with `what` it is, and returns what the page is to know, or will know: then
        the page hears that it is worked on. What it raises is told as a `problem`.
        """
        super().__init__(**traits)
        self._answer = answer
        self.on_msg(self._asked)

    def close(self) -> None:
        """Let go of it in the browser too, and of its layout, which every widget has."""
        self.layout.close()
        super().close()

    def _asked(self, widget: Any, question: Mapping[str, Any], buffers: Any) -> None:
        asked = {"id": question.get("id")}
        try:
            answer = self._answer(question)
        except Exception as exc:  # noqa: BLE001 - the page has asked: it is told, and waits no longer
            answer = _problem(exc)
        if not isinstance(answer, Future):
            self.send({**answer, **asked})
            return
        self.send({"working": True, **asked})
        answer.add_done_callback(lambda done: self.send({**_answer_of(done), **asked}))


def _answer_of(done: Future[Any]) -> Mapping[str, Any]:
    error = done.exception()
    found: Mapping[str, Any] = done.result() if error is None else _problem(error)
    return found


def _problem(error: BaseException) -> dict[str, str]:
    return {"problem": f"{type(error).__name__}: {error}".removesuffix(": ")}


@cache
def _colours() -> str:
    themes = (
        (".odibi-live", {status: look.light for status, look in STATUSES.items()}),
        ('.odibi-live[data-theme="dark"]', {status: look.dark for status, look in STATUSES.items()}),
    )
    rules = (
        selector + "{" + "".join(f"--odibi-{status}:{colour};" for status, colour in colours.items()) + "}"
        for selector, colours in themes
    )
    return "\n".join(rules)

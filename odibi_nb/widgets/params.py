"""Parameters as inputs, and below them the cards of the nodes that they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import anywidget
import ipywidgets
import traitlets

from odibi_nb.pictures.card import card_html
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.parameters import users_text
from odibi_nb.pictures.text import join_facts
from odibi_nb.views import NodeView, ParametersView, ParameterView
from odibi_nb.widgets.base import module, styles

__all__ = ["OutcomeWidget", "ParameterInput", "ParametersPanel"]

Said = Callable[[str, Any], None]
"""Called with a parameter's name and what its input holds: as in `ParameterView.value`."""

_LABEL, _WIDTH, _SLIDER = "150px", "min(460px, 100%)", "min(368px, 100%)"


class OutcomeWidget(anywidget.AnyWidget):
    """What comes of the inputs above it.

    state: how the work on them goes, and that in words. cards: of nodes, as HTML without scripts. twin: the id of
    the static table that is hidden while this is shown.
    """

    _esm = module("params")
    _css = styles("params")
    state = traitlets.Dict().tag(sync=True)
    cards = traitlets.Dict().tag(sync=True)
    twin = traitlets.Unicode().tag(sync=True)


class ParameterInput:
    """The input of one parameter; `control` is what is moved, `figure` where a number may be typed instead.

    said, reset: called with the name, and with what was said; a typed number is a text, and may go beyond the slider.
    """

    def __init__(self, view: ParameterView, said: Said, reset: Callable[[str], None]) -> None:
        self._first, self._said, self._shown = view, said, view.shown
        self.control = _CONTROLS[view.kind](view)
        self._held, self._written = self.control.value, view.shown
        self.control.observe(self._moved, names="value")
        self.figure = _figure(view) if view.kind in ("whole", "number") else None
        if self.figure is not None:
            self.figure.observe(self._typed, names="value")
        self._facts, self._error = ipywidgets.HTML(), ipywidgets.HTML()
        self._error.add_class("odibi-params-error")
        self._button = ipywidgets.Button(description="Reset", tooltip=f"{view.name}: back to {view.shown or 'nothing'}")
        self._button.on_click(lambda _: reset(view.name))
        self.control.add_class("odibi-params-control")
        figures = [self.figure] if self.figure is not None else []
        row = ipywidgets.HBox([self.control, *figures, self._facts, self._button])
        row.add_class("odibi-params-row")
        self.box = ipywidgets.VBox([row, self._error])
        self.show(view)

    @property
    def parts(self) -> tuple[ipywidgets.Widget, ...]:
        """All widgets that it is made of, but for layouts and styles."""
        return self.box, *self.box.children, *self.box.children[0].children

    def show(self, view: ParameterView, *, follow: bool = True) -> None:
        """Show a parameter as it is now; follow: its value too, but for a wrong one that is still to be put right."""
        if self._error.value and view.shown != self._shown:  # it was set elsewhere
            self.show_error("")
        self._shown = view.shown
        if follow and not self._error.value and view.kind == self._first.kind:  # another kind has no place here
            self._hold(view)
        if follow and not self._error.value:
            self._write(view.shown)
        used = f"used by {users_text(view)}" if view.nodes else "used by no node any more"
        self._facts.value = tag("span", join_facts(f"default {view.before or 'none'}", used))
        self._button.disabled = (view.shown, bool(self._error.value)) == (self._first.shown, False)

    def show_error(self, text: str) -> None:
        """Say what is wrong with what was said; "": nothing is."""
        self._error.value = tag("span", text, role="alert") if text else Markup()
        self._button.disabled = self._button.disabled and not text

    def _hold(self, view: ParameterView) -> None:
        self._held = value = _HELD[view.kind](view.value)
        if isinstance(self.control, ipywidgets.IntSlider | ipywidgets.FloatSlider):
            self.control.max, self.control.min = max(self.control.max, value), min(self.control.min, value)
        if view.kind == "choice" and self.control.options != view.choices:
            self.control.unobserve(self._moved, names="value")  # others choose the first of them at once
            self.control.options = view.choices
            self.control.value = value
            self.control.observe(self._moved, names="value")
        self.control.value = value

    def _moved(self, change: Mapping[str, Any]) -> None:
        if change["new"] == self._held:  # it was put there, not moved
            return
        self._held = value = change["new"]
        self._write(f"{value:.12g}" if isinstance(value, float) else str(value))
        self._said(self._first.name, value.isoformat() if isinstance(value, date) else value)

    def _write(self, text: str) -> None:
        if self.figure is not None:
            self._written = self.figure.value = text

    def _typed(self, change: Mapping[str, Any]) -> None:
        if change["new"] != self._written:
            self._written = change["new"]
            self._said(self._first.name, change["new"])


class ParametersPanel:
    """Inputs for parameters; `box` is to be displayed.

    inputs: by the parameter's name. outcome: what is below them.
    """

    def __init__(
        self,
        view: ParametersView,
        said: Said,
        reset: Callable[[str], None],
        stop: Callable[[], None] = lambda: None,
        *,
        twin: str = "",
    ) -> None:
        """Show inputs for the parameters.

        said, reset: as for `ParameterInput`. stop: called where somebody doesn't want to wait for the cards.
        """
        self.inputs = {one.name: ParameterInput(one, said, reset) for one in view.parameters}
        self.outcome = OutcomeWidget(twin=twin)
        self.outcome.on_msg(lambda *message: stop())  # there is nothing else that it says
        self.box = ipywidgets.VBox([*(one.box for one in self.inputs.values()), self.outcome])
        self.box.add_class("odibi-params")

    def show_cards(self, cards: Mapping[str, NodeView]) -> None:
        """Show the cards of nodes, in this order, in the place of all before."""
        self.outcome.cards = {name: str(card_html(view)) for name, view in cards.items()}

    def show_state(self, name: str, words: str) -> None:
        """Say how the work goes: idle, running, paused or failed."""
        self.outcome.state = {"name": name, "words": words}

    def close(self) -> None:
        """Take all of it off the page; the static table shows again."""
        for widget in (self.box, self.outcome, *(part for one in self.inputs.values() for part in one.parts)):
            widget.close()


def _about(view: ParameterView) -> dict[str, Any]:
    return {
        "value": _HELD[view.kind](view.value),
        "description": view.name,
        "style": {"description_width": _LABEL},
        "layout": {"width": _WIDTH},
    }


def _slider(view: ParameterView) -> Any:
    is_whole = view.kind == "whole"
    as_said = int if is_whole else float
    kind = ipywidgets.IntSlider if is_whole else ipywidgets.FloatSlider
    return kind(
        **{**_about(view), "layout": {"width": _SLIDER}},
        min=as_said(view.low),
        max=as_said(view.high),
        step=as_said(view.step),
        readout=False,
    )


def _figure(view: ParameterView) -> Any:
    figure = ipywidgets.Text(
        view.shown, continuous_update=False, tooltip=f"{view.name}: a figure", layout={"width": "86px"}
    )
    figure.add_class("odibi-params-figure")
    return figure


def _text(view: ParameterView) -> Any:
    return ipywidgets.Text(**_about(view), continuous_update=False)


_CONTROLS: Mapping[str, Callable[[ParameterView], Any]] = {
    "whole": _slider,
    "number": _slider,
    "flag": lambda view: ipywidgets.Checkbox(**_about(view), indent=False),
    "choice": lambda view: ipywidgets.Dropdown(options=view.choices, **_about(view)),
    "date": lambda view: ipywidgets.DatePicker(**_about(view)),
    "time": lambda view: ipywidgets.NaiveDatetimePicker(**_about(view)),
    "text": _text,
    "yaml": _text,
}

_HELD: Mapping[str, Callable[[Any], Any]] = {
    "whole": int,
    "number": float,
    "flag": bool,
    "choice": lambda value: value,
    "date": lambda value: date.fromisoformat(value) if value is not None else None,
    "time": lambda value: datetime.fromisoformat(value) if value is not None else None,
    "text": lambda value: value or "",
    "yaml": lambda value: value or "",
}

"""What an output holds that a front end draws a widget from."""

from __future__ import annotations

from typing import Any

import pytest

from odibi_nb.notebook import display as module
from odibi_nb.notebook.display import show_widget

VIEW = "application/vnd.jupyter.widget-view+json"


class Widget:
    """Displays itself as anywidget's do in Colab: the metadata say where the code that draws it is."""

    def _repr_mimebundle_(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"text/plain": "Widget()", VIEW: {"model_id": "m"}}, {VIEW: {"colab": {"custom_widget_manager": {}}}}


def test_a_widget_s_output_has_no_text_and_keeps_what_colab_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[Any, Any]] = []
    monkeypatch.setattr(module, "display", lambda data, *, metadata, **_: shown.append((data, metadata)))
    show_widget(Widget())
    assert shown == [({VIEW: {"model_id": "m"}}, {VIEW: {"colab": {"custom_widget_manager": {}}}})]

"""The modules that widgets are made of, several files each."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from odibi_nb.widgets.base import LiveWidget
from odibi_nb.widgets.dag import DagWidget
from odibi_nb.widgets.params import OutcomeWidget
from odibi_nb.widgets.run import RunWidget
from odibi_nb.widgets.table import TableWidget

WIDGETS = (DagWidget, OutcomeWidget, RunWidget, TableWidget)


@pytest.mark.parametrize("widget", WIDGETS)
def test_files_that_make_one_module_don_t_share_a_name(widget: type[LiveWidget]) -> None:
    names = re.findall(r"^(?:async )?(?:const|let|function|class) (\w+)", str(widget._esm), re.MULTILINE)
    assert "put" in names
    assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_needs_nothing_from_elsewhere(widget: type[LiveWidget]) -> None:
    assert str(widget._esm).count("export default") == 1
    elsewhere = r"^import |\bimport\(|https?://(?!www\.w3\.org)|@import"
    assert not re.search(elsewhere, f"{widget._esm}\n{widget._css}", re.MULTILINE)

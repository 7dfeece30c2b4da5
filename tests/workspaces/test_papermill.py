"""Papermill's cell."""

from __future__ import annotations

import pytest

from odibi_nb.workspaces.papermill import injected_values


def test_the_mark_or_the_tag_make_it_papermills() -> None:
    assert injected_values("# Parameters\nday = '2024-01-01'\nn = -3\n") == {"day": "2024-01-01", "n": -3}
    assert injected_values("n = 3", ("injected-parameters",)) == {"n": 3}


@pytest.mark.parametrize("source", ["n = 3", "## Parameters\nn = 3", "# Parameters\nn = = 3"])
def test_other_cells_are_none(source: str) -> None:
    assert injected_values(source) is None


def test_what_is_no_plain_value_is_left_out() -> None:
    assert injected_values('# Parameters\nx = float("nan")\nn = [1, 2]') == {"n": [1, 2]}

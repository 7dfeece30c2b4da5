"""The benchmark in a browser runs to its end; how fast is not tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_benchmarks import CALIBRATION, quick_rows

QUICK_ROWS = {
    *(f"graph of {count} nodes, {what}" for count in (3, 10)
      for what in ("from output to screen", "the kernel's part")),
    "graph of 3 nodes, growth of the saved file",
    "card of 1,000 rows, those in the saved file",
    *(f"a node's status, from event to screen, {which} of a run" for which in ("median", "worst")),
    *(f"run of {nodes}, {what}" for nodes in ("20 small SQL nodes", "2 nodes of 50 ms")
      for what in ("with the run's view", "with a live graph", "without, twice")),
    "table of 20,000 rows, a far page",
    "table of 20,000 rows sorted, a far page",
    "slider to the card of a 10-node chain on 2,000 rows",
}  # fmt: skip


@pytest.mark.usefixtures("executable")
def test_quick_run_in_a_browser_measures_and_prints_every_row(tmp_path: Path) -> None:
    rows = quick_rows(tmp_path, "browser")
    assert rows.keys() == QUICK_ROWS | CALIBRATION
    assert rows["card of 1,000 rows, those in the saved file"]["samples"] == [10]
    assert rows["graph of 3 nodes, growth of the saved file"]["note"] == "0 rows in it"

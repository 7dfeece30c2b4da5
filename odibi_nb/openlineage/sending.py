"""x"""

from __future__ import annotations

from odibi_nb.pipeline.finished import FinishedRun


def send_events(run: FinishedRun) -> list[str]:
    return []

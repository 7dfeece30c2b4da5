"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.pipeline.finished import FinishedRun

LOOK_AT_STORIES = {"browser", "history", "openlineage", "pipeline", "story"}
"""Folders; the others are modules."""
LOOK_TOO = {
    *("test_exit_statuses", "test_recording", "test_schemas", "test_shell", "test_story_cells", "test_story_command"),
}


@pytest.fixture(autouse=True)
def stories(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have stories written where tests look at them: elsewhere they would cost more than the runs."""
    path: Path = request.path
    if path.parent.name not in LOOK_AT_STORIES and path.stem not in LOOK_TOO:
        monkeypatch.setattr(FinishedRun, "write", lambda self: ())

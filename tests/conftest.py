"""What all tests share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session", autouse=True)
def ipython_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep shells and kernels off the user's settings, and off a history that others write at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell's background jobs ignore SIGINT, and what they start inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_finish() -> None:
    """Keep what lives to the end, all tests and modules, out of each look for garbage."""
    gc.freeze()


SHARE_A_LAB = "tests/browser/"
OF_THEIR_OWN = {f"{SHARE_A_LAB}test_browser_benchmark.py"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have one worker run what shares a JupyterLab, and all workers begin with the same: slow files come first."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return SHARE_A_LAB if file.startswith(SHARE_A_LAB) and file not in OF_THEIR_OWN else file

    config.option.loadscopereorder = False
    return ByFile(config, log)

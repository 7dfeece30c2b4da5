from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline.project import Project


@pytest.fixture(params=["duckdb", "pandas"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project on each engine."""
    return Project(tmp_path, request.param)


@pytest.fixture
def lazy_project(tmp_path: Path) -> Project:
    """A project on the engine that computes as late as it can."""
    return Project(tmp_path, "duckdb")


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell's background jobs ignore SIGINT, and what they start inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)

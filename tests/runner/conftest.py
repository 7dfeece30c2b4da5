from __future__ import annotations

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

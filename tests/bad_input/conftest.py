import functools

import pytest

from .projects import write_notebook, write_project


@pytest.fixture(params=["duckdb", "pandas"])
def engine(request):
    return request.param


@pytest.fixture
def project(tmp_path):
    """Write a project file and its data."""
    return functools.partial(write_project, tmp_path)


@pytest.fixture
def cells(tmp_path):
    """Write a notebook and its data."""
    return functools.partial(write_notebook, tmp_path)

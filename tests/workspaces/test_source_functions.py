"""Transform functions read from source."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.exceptions import ParameterError, TransformError
from odibi_nb.workspaces.source_functions import read_functions

MODULE = """
from odibi_nb import registry
from odibi_nb.registry import transform
raise RuntimeError("this module is never run")

@transform
def plain(context, source: str, *rest, limit: int = 10, **extra): ...

@transform("given")
def other(df): ...

@registry.transform(name="named")
async def third(df): ...

def helper(): ...
"""


def test_decorated_functions_are_found_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "transforms.py").write_text(MODULE)
    functions = read_functions(tmp_path)
    own = {name for name in ("plain", "given", "named", "helper", "other") if functions.has_function(name)}
    assert own == {"plain", "given", "named"}


def test_parameters_are_checked_by_the_signature(tmp_path: Path) -> None:
    (tmp_path / "transforms.py").write_text(MODULE)
    functions = read_functions(tmp_path)
    functions.validate_params("plain", {"source": "x", "limit": 3})
    with pytest.raises(ParameterError, match="source"):
        functions.validate_params("plain", {"limit": 3})


def test_calling_one_says_that_it_is_for_checking(tmp_path: Path) -> None:
    (tmp_path / "transforms.py").write_text(MODULE)
    with pytest.raises(TransformError, match="for checking only"):
        read_functions(tmp_path).get("given")()


def test_a_syntax_error_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "transforms.py").write_text("x = 1\ndef (:\n")
    with pytest.raises(TransformError) as caught:
        read_functions(tmp_path)
    assert caught.value.where.line == 2


def test_no_module_is_no_functions(tmp_path: Path) -> None:
    assert not read_functions(tmp_path).has_function("plain")

"""Export → import → export: the second export is the first one again, file by file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from odibi_nb.exporting import export
from odibi_nb.importing import import_project
from odibi_nb.workspaces.headless import load_target

from .made_up import projects
from .test_any_project import LOOSE, is_valid, write

DEMOS = Path(__file__).parents[2] / "demo_notebooks"


@pytest.mark.parametrize("name", sorted(file.stem for file in DEMOS.glob("*.ipynb")))
def test_a_demo_comes_back_as_it_went(name: str, tmp_path: Path) -> None:
    shutil.copytree(DEMOS / "data", tmp_path / "data")
    shutil.copy(DEMOS / f"{name}.ipynb", tmp_path)
    for module in DEMOS.glob("*.py"):
        shutil.copy(module, tmp_path)
    assert_fixed(tmp_path / f"{name}.ipynb")


@given(projects())
@settings(LOOSE, max_examples=25)
def test_whatever_a_notebook_says_comes_back(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        write(files, root)
        assume(is_valid(root))
        import_project(root, root / "zero.ipynb")
        assert_fixed(root / "zero.ipynb")


def assert_fixed(notebook: Path) -> None:
    root = notebook.parent
    first = exported(notebook, root / "first")
    import_project(root / "first", root / "second.ipynb")
    second = exported(root / "second.ipynb", root / "second")
    assert second == first


def exported(notebook: Path, folder: Path) -> dict[str, str]:
    """Export, and return the files; what is called like the folder is called one name."""
    ws = load_target(notebook).workspace
    try:
        export(ws, folder)
    finally:
        ws.close()
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {
        str(path.relative_to(folder)): path.read_text("utf-8").replace(f"python -m {folder.name}", "python -m")
        for path in files
    }

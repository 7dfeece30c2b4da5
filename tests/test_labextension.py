"""The extension of JupyterLab is in the wheel, where JupyterLab looks for it."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import odibi_nb

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "odibi_nb" / "labextension"
PLACE = "data/share/jupyter/labextensions/odibi-nb/"


def test_the_wheel_holds_every_file_of_it(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "artifacts", "tests"))
    build = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        placed = {name.partition(PLACE)[2] for name in packed.namelist() if PLACE in name}
    assert placed == {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*") if path.is_file()}


def test_it_says_the_version_and_an_entry_that_is_there():
    package = json.loads((SOURCES / "package.json").read_text())
    assert package["version"] == odibi_nb.__version__
    assert (SOURCES / package["jupyterlab"]["_build"]["load"]).is_file()


def test_no_file_of_it_is_where_browsers_keep_it_for_a_year():
    assert not list(SOURCES.rglob("static"))

"""The extension of JupyterLab is in the wheel, where JupyterLab looks for it."""

import configparser
import json
from pathlib import Path

import odibi_nb

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "odibi_nb" / "labextension"
PLACE = "share/jupyter/labextensions/odibi-nb/"


def test_the_wheel_lists_every_file_of_it_where_it_belongs():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    placed = {
        f"{folder}/{path.name}"
        for folder, patterns in setup["options.data_files"].items()
        for pattern in patterns.split()
        for path in ROOT.glob(pattern)
    }
    assert placed == {PLACE + path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*") if path.is_file()}


def test_it_says_the_version_and_an_entry_that_is_there():
    package = json.loads((SOURCES / "package.json").read_text())
    assert package["version"] == odibi_nb.__version__
    assert (SOURCES / package["jupyterlab"]["_build"]["load"]).is_file()


def test_no_file_of_it_is_where_browsers_keep_it_for_a_year():
    assert not list(SOURCES.rglob("static"))

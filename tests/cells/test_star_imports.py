"""`from m import *` in plain code counts as the names that it brings; the user's modules are read, never run."""

import sys

import pytest

from odibi_nb.cells.definitions import PlainCell, execute_slice, slice_definitions


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A folder with modules that can't be run: each raises at its first line."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def put(**modules):
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(f"raise SystemExit\n{source}\n")
        return tmp_path

    return put


def sliced(cell, wanted, folder):
    return slice_definitions([PlainCell("1", cell)], [wanted], folder)


@pytest.mark.parametrize(
    ("modules", "taken"),
    [
        ({"m": "def area(): pass"}, True),
        ({"m": "import area"}, True),
        ({"m": "area = other = 1\n__all__ = ['other']"}, False),
        ({"m": "_area = 1"}, False),
        ({"m": "from n import *", "n": "area = 1"}, True),
        ({"m": "from n import *", "n": "from m import *\narea = 1"}, True),
        ({"m": "if area:"}, False),
        ({}, False),
    ],
)
def test_names_of_the_users_modules_come_from_their_source(beside, modules, taken):
    found = sliced("from m import *", "area", beside(**modules))
    assert [one.source for one in found.statements] == ["from m import *"] * taken
    assert (found.missing == ("area",)) is not taken


def test_a_package_beside_the_notebook(beside):
    folder = beside()
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("raise SystemExit")
    (folder / "shop" / "tax.py").write_text("RATE = 0.2")
    assert sliced("from shop.tax import *", "RATE", folder).missing == ()


@pytest.mark.parametrize(("module", "name"), [("math", "sqrt"), ("json", "loads"), ("pandas", "DataFrame")])
def test_names_of_installed_modules(module, name, tmp_path):
    found = sliced(f"from {module} import *\nfrom decimal import *", name, tmp_path)
    assert [one.source for one in found.statements] == [f"from {module} import *"]
    namespace = {}
    execute_slice(found, namespace)
    assert name in namespace


def test_what_cannot_be_found_is_left_out_and_says_so(tmp_path):
    (left_out,) = sliced("from nowhere import *", "area", tmp_path).left_out
    assert "no such module" in left_out.reason

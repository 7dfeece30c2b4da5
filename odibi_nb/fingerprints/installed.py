"""Which code is installed, and so known by its version, and which is the user's own, known by its text alone."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import metadata
from importlib.util import find_spec, resolve_name
from types import CodeType, ModuleType
from typing import Any

from odibi_nb.fingerprints.code import imported_modules

__all__ = ["imports_of", "is_installed", "module_of", "version_of"]

_FOLDERS = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
# Packages may be a user's own, the system's, or those of an environment below this one.
_PACKAGES = re.compile(r"[\\/](site|dist)-packages[\\/]")
_MAIN = "__main__"
_OURSELVES = __name__.partition(".")[0]


def module_of(value: Any) -> ModuleType | None:
    """Return the module in which a function or class was defined, as far as it is loaded."""
    name = getattr(value, "__module__", None)
    return sys.modules.get(name) if isinstance(name, str) else None


def imports_of(code: CodeType, package: str = "") -> dict[str, ModuleType | str]:
    """Return what code imports when it runs, by name: of what is installed its version, be it loaded yet or not.

    Of the user's own modules those that are loaded. package: the one that relative imports start from; "" for none.
    """
    found: dict[str, ModuleType | str] = {}
    for name in imported_modules(code):
        if not package and name.startswith("."):
            continue
        full = resolve_name(name, package)
        top, module = full.partition(".")[0], sys.modules.get(full)
        if _is_installed_name(top):
            found[top] = version_of(top)
        elif module is not None:
            found[name] = module
    return found


def _is_installed_name(top: str) -> bool:
    """Whether a module came with Python or with a package, told without importing it."""
    module = sys.modules.get(top)
    return is_installed(module) if module is not None else _is_found_installed(top)


@lru_cache(maxsize=1024)
def _is_found_installed(top: str) -> bool:
    if top in sys.stdlib_module_names:
        return True
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return False
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec is not None else []
    known = [place for place in places if place is not None]
    return bool(known) and all(map(_is_of_packages, known))


def is_installed(module: ModuleType | None) -> bool:
    """Whether a module came with Python or with a package, and doesn't change while the kernel lives."""
    if module is None or module.__name__ == _MAIN:
        return False
    if module.__name__.partition(".")[0] == _OURSELVES:  # wherever it lies: all of it would be read at each look
        return True
    file = getattr(module, "__file__", None)
    if file is None:  # built into Python, or a folder without an `__init__.py`
        folders = list(getattr(module, "__path__", ()))
        return all(map(_is_of_packages, map(str, folders)))
    return _is_of_packages(str(file))


def _is_of_packages(path: str) -> bool:
    return path.startswith(_FOLDERS) or _PACKAGES.search(path) is not None


@lru_cache(maxsize=1024)
def version_of(module_name: str) -> str:
    """Return the version of the package that a module belongs to; Python's, for the standard library."""
    package = module_name.partition(".")[0]
    if package in sys.stdlib_module_names:
        return platform.python_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # its distribution has another name
        names = _distributions().get(package, ())
        return ", ".join(f"{name} {metadata.version(name)}" for name in sorted(set(names)))


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()

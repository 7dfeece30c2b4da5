"""Which code is installed, and so known by its version, and which is the user's own, known by its text alone."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from functools import lru_cache
from importlib import metadata
from importlib.util import resolve_name
from types import CodeType, ModuleType
from typing import Any

from odibi_nb.fingerprints.code import imported_modules

__all__ = ["imports_of", "is_installed", "module_of", "version_of"]

_FOLDERS = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
# Packages may be a user's own, the system's, or those of an environment below this one.
_PACKAGES = re.compile(r"[\\/](site|dist)-packages[\\/]")
_MAIN = "__main__"


def module_of(value: Any) -> ModuleType | None:
    """Return the module in which a function or class was defined, as far as it is loaded."""
    name = getattr(value, "__module__", None)
    return sys.modules.get(name) if isinstance(name, str) else None


def imports_of(code: CodeType, package: str = "") -> dict[str, ModuleType]:
    """Return the modules that code imports when it runs, by name, as far as they are loaded.

    package: the one that its relative imports start from; "" for none.
    """
    names = [name for name in imported_modules(code) if package or not name.startswith(".")]
    found = {name: sys.modules.get(resolve_name(name, package)) for name in names}
    return {name: module for name, module in found.items() if module is not None}


def is_installed(module: ModuleType | None) -> bool:
    """Whether a module came with Python or with a package, and doesn't change while the kernel lives."""
    if module is None or module.__name__ == _MAIN:
        return False
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
        return str(getattr(sys.modules.get(package), "__version__", ""))

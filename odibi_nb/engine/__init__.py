"""Engines by name; each is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb import __version__
from odibi_nb.exceptions import EngineError, did_you_mean

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine
    from odibi_nb.engine.duckdb_engine import DuckDBEngine
    from odibi_nb.engine.pandas_engine import PandasEngine

__all__ = ["Dataset", "DuckDBEngine", "Engine", "PandasEngine", "create_engine", "engine_version"]

_ENGINES = {
    "duckdb": ("odibi_nb.engine.duckdb_engine", "DuckDBEngine", ("duckdb",)),
    "pandas": ("odibi_nb.engine.pandas_engine", "PandasEngine", ("pandas", "duckdb")),
    # Odibi's third engine: its frames are what DuckDB's Arrow gives, so the default engine runs it.
    "polars": ("odibi_nb.engine.duckdb_engine", "DuckDBEngine", ("duckdb",)),
}
_HANDED_OVER = ("pandas", "pyarrow")
"""Of these are the frames that Python nodes get, whatever else they import."""
_NAMES = {
    "Dataset": "odibi_nb.engine.base",
    "Engine": "odibi_nb.engine.base",
    "DuckDBEngine": "odibi_nb.engine.duckdb_engine",
    "PandasEngine": "odibi_nb.engine.pandas_engine",
}


def create_engine(
    name: str = "duckdb", settings: Mapping[str, Any] | None = None, *, root: Path | None = None
) -> Engine:
    """Return a new engine.

    settings: DuckDB settings. root: the project's folder, beside which large queries may spill.
    Raises EngineError (a ValueError) for an unknown name.
    """
    if name not in _ENGINES:
        raise _unknown(name)
    module, attribute, _ = _ENGINES[name]
    engine: Engine = getattr(import_module(module), attribute)(settings, root=root)
    return engine


def _unknown(name: str) -> EngineError:
    from odibi_nb.config.unbuilt import UNBUILT_VALUES, not_built

    known = f"engines: {', '.join(_ENGINES)}"
    if name in UNBUILT_VALUES["EngineType"]:
        return EngineError(not_built(f"engine: {name}"), hint=known)
    return EngineError(f"engine '{name}' is not known", hint=did_you_mean(name, _ENGINES) or known)


def engine_version(name: str) -> str:
    """Return what computes in an engine, with its versions; nothing is imported for it."""
    packages = dict.fromkeys((*_ENGINES[name][2], *_HANDED_OVER))
    return ", ".join([*(f"{package} {_installed(package)}" for package in packages), f"odibi_nb {__version__}"])


@cache
def _installed(package: str) -> str:
    return metadata.version(package)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

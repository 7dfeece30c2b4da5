"""What a project's nodes live among: its connections, its own functions, its engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import TransformError
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.runner.retry import Attempts

if TYPE_CHECKING:
    from odibi_nb.config import RetryConfig
    from odibi_nb.connections import BaseConnection

__all__ = ["attempts_of", "connections_of", "functions_of"]


def connections_of(configured: Mapping[str, Any], root: Path) -> dict[str, BaseConnection]:
    """Return each configured connection by name; relative paths start at `root`. Raises ConnectionError."""
    from odibi_nb.connections import connect

    return {name: connect(name, config, root) for name, config in configured.items()}


def functions_of(root: Path) -> Functions:
    """Return the project's functions: those of `transforms.py` in `root`, over the process's own.

    Raises TransformError, with the file and line, when the module can't be imported.
    """
    functions = Functions(parent=FunctionRegistry.functions)
    file = root / "transforms.py"
    if file.is_file():
        with functions.collecting():
            _import_file(file)
    return functions


def attempts_of(retry: RetryConfig | None) -> Attempts:
    """Return how often the runner tries a node; once unless the project asks for more."""
    if retry is None or not retry.enabled:
        return Attempts()
    return Attempts(most=retry.max_attempts, backoff=str(retry.backoff))


def _import_file(file: Path) -> None:
    # A name of its own per folder: two projects in one process both have a `transforms`.
    name = f"odibi_nb_transforms_{abs(hash(str(file.resolve())))}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None  # noqa: S101 - a .py file always has a loader
    assert spec.loader is not None  # noqa: S101
    if (folder := str(file.absolute().parent)) not in sys.path:  # for the modules beside it
        sys.path.insert(0, folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as exc:
        del sys.modules[name]
        line = _line_in(exc, str(file))
        raise TransformError(
            f"transforms.py can't be imported: {type(exc).__name__}: {exc}", file=str(file), line=line
        ) from exc


def _line_in(exc: BaseException, file: str) -> int | None:
    if isinstance(exc, SyntaxError):
        return exc.lineno
    lines = []
    trace = exc.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None

"""`%load_ext odibi_nb`: what it puts into the shell, and takes out again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from odibi_nb.exceptions import UsageError
from odibi_nb.notebook.cells import CellWatch, fill_empty_cells
from odibi_nb.notebook.magics import OdibiMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.workspaces import Workspace

__all__ = ["load_ipython_extension", "unload_ipython_extension", "workspace"]

# On the shell, not in a module: a reload keeps it, and two shells in one process don't share it.
_WORKSPACE, _LOADED = "odibi_nb_workspace", "odibi_nb_loaded"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; the workspace of an earlier load is taken up again."""
    if getattr(shell, _LOADED, None) is not None:
        unload_ipython_extension(shell)
    before = getattr(shell, _WORKSPACE, None)
    ws: Workspace = before if before is not None else _new_workspace(shell)
    setattr(shell, _WORKSPACE, ws)
    watch = CellWatch(shell, ws)
    shell.register_magics(OdibiMagics(shell, ws, watch))
    shell.input_transformers_cleanup.append(fill_empty_cells)
    shell.events.register("pre_run_cell", watch.before_cell)
    setattr(shell, _LOADED, watch)
    threading.Thread(target=_warm, name="odibi-warm", daemon=True).start()
    print(_greeting(ws, restored=before is not None))  # noqa: T201 - the one line that loading shows


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything out of the shell again, but for the workspace."""
    watch = getattr(shell, _LOADED, None)
    if watch is None:
        return
    shell.events.unregister("pre_run_cell", watch.before_cell)
    shell.input_transformers_cleanup.remove(fill_empty_cells)
    for kind, names in OdibiMagics.magics.items():
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)
    setattr(shell, _LOADED, None)


def workspace() -> Workspace:
    """Return the workspace that this kernel's magics act on; raises UsageError outside of one."""
    shell = get_ipython()
    ws: Workspace | None = getattr(shell, _WORKSPACE, None)
    if ws is None:
        raise UsageError("there is no workspace here", hint="in a notebook: %load_ext odibi_nb; else Workspace(root)")
    return ws


def _new_workspace(shell: InteractiveShell) -> Workspace:
    from odibi_nb.workspaces import Workspace

    def namespace() -> dict[str, Any]:
        return shell.user_ns

    return Workspace(
        namespace=namespace,
        is_variable=lambda name: name in shell.user_ns and name not in shell.user_ns_hidden,
        is_frame=lambda name: _is_frame(shell.user_ns.get(name)),
    )


def _is_frame(value: Any) -> bool:
    """Tell a DataFrame or Arrow table without importing what might not be loaded."""
    return type(value).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow") and hasattr(value, "columns")


def _greeting(ws: Workspace, *, restored: bool) -> str:
    from odibi_nb import __version__

    kept = f", {len(ws.nodes)} nodes kept" if restored else ""
    return f"odibi_nb {__version__} · root {ws.root}{kept} · %odibi help lists the commands"


def _warm() -> None:
    """Import while the user types what the first cells will need."""
    import importlib

    for name in ("pandas", "odibi_nb.config", "odibi_nb.engine.duckdb_engine", "odibi_nb.sql.analysis"):
        importlib.import_module(name)
    from odibi_nb.pictures import warm

    warm()

"""`%load_ext odibi_nb`: what it puts into the shell, and takes out again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from odibi_nb.exceptions import UsageError, plural
from odibi_nb.notebook.cells import CellWatch, fill_empty_cells, label_of
from odibi_nb.notebook.completer import WorkspaceCompleter
from odibi_nb.notebook.executed import executed_cells
from odibi_nb.notebook.file import notebook_file
from odibi_nb.notebook.function_cells import FunctionCells
from odibi_nb.notebook.live_views import LiveViews
from odibi_nb.notebook.magics import OdibiMagics
from odibi_nb.notebook.values import ValueCards
from odibi_nb.registry.marking import is_node_function, tell, tell_no_more
from odibi_nb.workspaces.papermill import injected_values

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.workspaces import Workspace

__all__ = ["load_ipython_extension", "unload_ipython_extension", "workspace"]

# On the shell, not in a module: a reload keeps it, and two shells in one process don't share it.
_WORKSPACE, _LOADED = "odibi_nb_workspace", "odibi_nb_loaded"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; the workspace of an earlier load is taken up again.

    Example: `%load_ext odibi_nb`.
    """
    unload_ipython_extension(shell)
    before = getattr(shell, _WORKSPACE, None)
    ws: Workspace = before if before is not None else _new_workspace(shell)
    loaded = _Loaded(shell, ws)
    loaded.put_in()
    setattr(shell, _WORKSPACE, ws)
    setattr(shell, _LOADED, loaded)
    # Not a daemon: those are killed in the middle of an import, which may take the process with them.
    threading.Thread(target=_warm, name="odibi-warm").start()
    print(_greeting(ws, restored=before is not None))  # noqa: T201 - the one line that loading shows


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything out of the shell again, but for the workspace: `%unload_ext odibi_nb`."""
    loaded: _Loaded | None = getattr(shell, _LOADED, None)
    if loaded is not None:
        loaded.take_out()
        delattr(shell, _LOADED)


def workspace() -> Workspace:
    """Return the workspace that this kernel's magics act on; raises UsageError outside of one.

    Example: `odibi_nb.workspace()["by_region"].df()`.
    """
    shell = get_ipython()
    ws: Workspace | None = getattr(shell, _WORKSPACE, None)
    if ws is None:
        where = (
            "run `%load_ext odibi_nb` first" if shell is not None else "outside of a kernel make one: Workspace(root)"
        )
        raise UsageError("there is no workspace here", hint=where)
    return ws


class _Loaded:
    """What one load has put into a shell."""

    def __init__(self, shell: InteractiveShell, ws: Workspace) -> None:
        self._shell, self._workspace = shell, ws
        self._watch = CellWatch(shell)
        self._views = LiveViews(shell, ws)
        self._magics = OdibiMagics(shell, ws, self._watch, self._views)
        self._functions = FunctionCells(ws, self._watch, lambda: shell.user_ns, self._magics.try_node)
        self._completer = WorkspaceCompleter(shell, ws)
        self._values = ValueCards(shell, ws)
        # One after the other, each whatever becomes of the one before it.
        self._listeners: tuple[tuple[str, Callable[[Any], None]], ...] = (
            ("pre_run_cell", lambda info: self._views.before_cell()),
            ("pre_run_cell", self._before_cell),
            ("post_run_cell", self._after_cell),
            ("post_run_cell", lambda result: self._views.after_cell()),
        )

    def put_in(self) -> None:
        self._shell.register_magics(self._magics)
        self._shell.input_transformers_cleanup.append(fill_empty_cells)
        for event, listener in self._listeners:
            self._shell.events.register(event, listener)
        tell(self._functions.take)
        self._workspace.sources.cells = partial(executed_cells, self._shell, self._workspace, self._watch.ids)
        self._completer.put_in()
        self._values.put_in()
        self._views.put_in()

    def take_out(self) -> None:
        shell, magics = self._shell, self._magics
        self._views.take_out()
        tell_no_more(self._functions.take)
        self._values.take_out()
        self._completer.take_out()
        for event, listener in self._listeners:
            shell.events.unregister(event, listener)
        shell.input_transformers_cleanup.remove(fill_empty_cells)
        for kind, names in magics.magics.items():
            for name in names:
                shell.magics_manager.magics[kind].pop(name, None)
        shell.magics_manager.registry.pop(type(magics).__name__, None)
        configurables: list[Any] = shell.configurables
        configurables.remove(magics)

    def _before_cell(self, info: Any) -> None:
        """Take in what the front end says of the cell; drop the nodes of deleted ones, and say so."""
        if self._workspace.notebook is None:  # it may be saved for the first time meanwhile
            self._workspace.notebook = notebook_file(self._shell)
        gone = self._watch.begin(info)
        if (running := self._watch.running) is not None:
            self._workspace.broken.forget_cells([running[0]])
        for name in self._workspace.drop_cells(gone):
            print(f"dropped {name}: its cell was deleted · %odibi drop {name} --undo brings it back")  # noqa: T201
        for expectation in self._workspace.expectations.drop_cells(gone):
            what = f"expectation {expectation.name} of {expectation.node}"
            print(f"dropped {what}: its cell was deleted")  # noqa: T201
        for test in self._workspace.tests.drop_cells(gone):
            print(f"dropped the test {test}: its cell was deleted")  # noqa: T201
        for name in self._workspace.trials.drop_cells(gone):
            print(f"dropped mock rows for {name}: their cell was deleted")  # noqa: T201
        if values := injected_values(info.raw_cell):
            self._workspace.set_params(values, layer="papermill")

    def _after_cell(self, result: Any) -> None:
        """Drop the nodes that the cell had declared before it was edited, and say so."""
        if result.success and (cell := self._watch.running) is not None:
            for name in self._workspace.drop_undeclared(*cell):
                print(f"dropped {name}: its cell declares it no more · %odibi drop {name} --undo brings it back")  # noqa: T201


def _new_workspace(shell: InteractiveShell) -> Workspace:
    from odibi_nb.workspaces import Workspace

    def namespace() -> dict[str, Any]:
        variables: dict[str, Any] = shell.user_ns
        return variables

    file = notebook_file(shell)
    ws = Workspace(
        file.parent if file is not None else None,
        namespace=namespace,
        is_variable=lambda name: _is_variable(shell, name),
        is_frame=lambda name: _is_frame(shell.user_ns.get(name)),
        label_of=partial(label_of, shell),
    )
    if file is not None:
        ws.notebook, ws.saved_as = file, file.stem
    executed = shell.history_manager.input_hist_raw if shell.history_manager is not None else ()
    for cell in executed:  # where none is tagged parameters, papermill's stands on top
        ws.set_params(injected_values(cell) or {}, layer="papermill")
    return ws


def _is_variable(shell: InteractiveShell, name: str) -> bool:
    """Whether a notebook has a variable; the function of a node stands for the node."""
    return name in shell.user_ns and name not in shell.user_ns_hidden and not is_node_function(shell.user_ns[name])


def _is_frame(value: Any) -> bool:
    """Tell a DataFrame or Arrow table without importing what might not be loaded."""
    return type(value).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow") and hasattr(value, "columns")


def _greeting(ws: Workspace, *, restored: bool) -> str:
    from odibi_nb import __version__

    kept = f" · {plural(len(ws), 'node')} kept" if restored else ""
    if not len(ws) and (count := ws.remembered()):
        file = "" if ws.notebook is not None else " FILE"
        kept = f" · {plural(count, 'result')} of earlier sessions: %odibi use{file} takes them up"
    return f"odibi_nb {__version__} · root {ws.root}{kept} · %odibi help lists the commands"


def _warm() -> None:
    """Import while the user types what the first cells will need; stop when the kernel ends."""
    import importlib

    for name in ("pandas", "odibi_nb.config", "odibi_nb.engine.duckdb_engine", "odibi_nb.sql.analysis"):
        if threading.main_thread().is_alive():
            importlib.import_module(name)
    from odibi_nb.pictures import warm

    if threading.main_thread().is_alive():
        warm()

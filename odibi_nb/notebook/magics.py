"""The magics: each parses, calls the workspace, and shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from odibi_nb.cells.options import NODE_LINE
from odibi_nb.commands.base import Call, Shown, described_options
from odibi_nb.commands.table import find_command, overview
from odibi_nb.exceptions import UsageError, Where
from odibi_nb.notebook.cells import CellWatch, magic_line
from odibi_nb.notebook.display import show, show_value

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["OdibiMagics"]

F = TypeVar("F", bound=Callable[..., None])

_LONG_WORK_S = 10.0
_LATER = (
    ("cell", "odibi_mock"),
    ("cell", "odibi_test"),
    ("cell", "odibi_expect"),
    ("cell", "odibi_sql"),
    ("line", "odibi_sql"),
)


def _not_built(name: str, line: str, cell: str = "") -> None:
    raise UsageError(f"{name} is not built yet", hint="`%odibi help` lists what is")


def _with_commands(function: F) -> F:
    """List the commands in the docstring, which is what `%odibi?` shows."""
    function.__doc__ = f"{inspect.getdoc(function)}\n\n{overview('cell')}"
    return function


def _with_node_options(function: F) -> F:
    """List the options of a node's line in the docstring, which is what `%%odibi_node?` shows."""
    function.__doc__ = "\n\n".join([inspect.getdoc(function) or "", "\n".join(described_options(NODE_LINE.options))])
    return function


@magics_class
class OdibiMagics(Magics):
    """`%odibi`, `%odibi_node`, `%%odibi_node`, `%%odibi_project`."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell, workspace: Workspace, watch: CellWatch) -> None:
        super().__init__(shell)
        self._workspace, self._watch = workspace, watch
        for kind, name in _LATER:
            self.magics[kind][name] = partial(_not_built, name)

    @no_var_expand
    @line_magic
    @_with_commands
    def odibi(self, line: str) -> None:
        """Run a command: `%odibi run +by_region`. Bare `%odibi` is `status`.

        `%odibi help COMMAND` shows a command's options, with an example.
        """
        try:
            show(self._command(line))
        except UsageError as exc:
            if exc.where == Where():
                origin = self._watch.origin(line, alone=False)
                exc.at(**origin.place().locate(magic_line(origin, line.strip())))
            raise

    def _command(self, line: str) -> Shown:
        name, _, rest = line.strip().partition(" ")
        command = find_command(name or "status", "cell")
        if _asks_for_help(rest):
            return Shown(command.help("cell"))
        parsed = command.parser("cell").parse(rest)
        return command.run(Call("cell", parsed.words, parsed.values, self._workspace))

    @no_var_expand
    @cell_magic
    def odibi_project(self, line: str, cell: str) -> None:
        """Configure the project, in YAML: project, pipeline, engine, connections, vars, retry, story, settings.

        Example:
            %%odibi_project
            connections:
              local: {type: local, base_path: ./data}
            vars: {min_amount: 100}
        """
        from odibi_nb.workspaces.project_cell import project_of_cell

        origin = self._watch.origin(line, cell)
        project = project_of_cell(cell, origin, line=line, magic_line=magic_line(origin))
        self._workspace.configure(project)
        names = ", ".join(project.connections) or "none"
        show(
            Shown(
                f"project: engine {project.engine} · connections: {names} · vars: {', '.join(project.vars) or 'none'}"
            )
        )

    @no_var_expand
    @cell_magic("odibi_node")  # type: ignore[arg-type]
    @_with_node_options
    def odibi_node_cell(self, line: str, cell: str) -> None:
        """Declare a node; its body is SQL, Python or YAML. The cell shows the node's rows and writes nothing.

        Examples:
            %%odibi_node load_sales --read local:sales.csv

            %%odibi_node clean_sales
            def clean_sales(load_sales, min_amount=100):
                return load_sales[load_sales.amount >= min_amount]

            %%odibi_node by_region --write local:by_region.parquet
            SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region

        A body may begin with node fields in YAML, closed by a line `---`.
        """
        if _asks_for_help(line):
            show(Shown(inspect.getdoc(self.odibi_node_cell) or ""))
            return
        origin = self._watch.origin(line, cell)
        self._try(self._workspace.declare_cell(line, cell, origin, magic_line=magic_line(origin)))

    @no_var_expand
    @line_magic("odibi_node")  # type: ignore[arg-type]
    @_with_node_options
    def odibi_node_line(self, line: str) -> None:
        """Declare a node without a body in one line: `%odibi_node load_sales --read local:sales.csv`."""
        if _asks_for_help(line):
            show(Shown(inspect.getdoc(self.odibi_node_line) or ""))
            return
        origin = self._watch.origin(line, alone=False)
        self._try(self._workspace.declare_cell(line, "", origin, magic_line=magic_line(origin, line.strip())))

    def _try(self, node: DeclaredNode) -> None:
        """Run a node that was just declared, as far as its card shows it."""
        from odibi_nb.notebook.card import declared_card, result_card

        ws = self._workspace
        if node.no_run or not ws.options["auto"] or node.config.returns == "none" or ws.waits_for(node.name):
            show(declared_card(ws, node))
            return
        self._announce(ws.work_above(node.name))
        result = ws.run_cell(node.name)
        if node.into and result.success:
            self.shell.user_ns[node.into] = ws[node.name].value
        show(result_card(ws, node, result))
        if node.config.returns == "object":
            show_value(ws[node.name].value)

    def _announce(self, work: dict[str, float]) -> None:
        """Name what has to run first, before it does, where that is expected to take long."""
        if (seconds := sum(work.values())) > _LONG_WORK_S:
            show(Shown(f"running first: {', '.join(work)} · about {seconds:.0f} s, as the last time"))


def _asks_for_help(line: str) -> bool:
    return not {"-h", "--help"}.isdisjoint(line.split())

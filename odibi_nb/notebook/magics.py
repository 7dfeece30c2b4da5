"""The magics: each parses, calls the workspace, and shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from odibi_nb.commands.base import Call, Shown
from odibi_nb.commands.table import find_command
from odibi_nb.notebook.cells import CellWatch
from odibi_nb.notebook.display import show

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["OdibiMagics"]


@magics_class
class OdibiMagics(Magics):
    """`%odibi`, `%odibi_node`, `%%odibi_node`, `%%odibi_project`."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace, watch: CellWatch) -> None:
        super().__init__(shell)
        self._workspace, self._watch = workspace, watch

    @no_var_expand
    @line_magic
    def odibi(self, line: str) -> None:
        """Run a command: `%odibi run +by_region`. Bare `%odibi` is `status`; `%odibi help` lists all."""
        name, _, rest = line.strip().partition(" ")
        command = find_command(name or "status", "cell")
        if rest.split()[:1] in (["--help"], ["-h"]):
            show(Shown(command.help("cell")))
            return
        parsed = command.parser("cell").parse(rest)
        show(command.run(Call("cell", parsed.words, parsed.values, self._workspace)))

    @no_var_expand
    @cell_magic
    def odibi_project(self, line: str, cell: str) -> None:
        """Configure the project, in YAML.

        Example:
            %%odibi_project
            connections:
              local: {type: local, base_path: ./data}
            vars: {min_amount: 100}
        """
        from odibi_nb.workspaces.headless import project_of_cell

        origin = self._watch.origin(cell)
        project = project_of_cell(cell, self._watch.magic_line(origin) + 1, origin.label)
        self._workspace.configure(project)
        names = ", ".join(project.connections) or "none"
        show(Shown(f"project: engine {project.engine} · connections: {names} · vars: {', '.join(project.vars) or 'none'}"))

    @no_var_expand
    @cell_magic("odibi_node")
    def odibi_node_cell(self, line: str, cell: str) -> None:
        """Declare a node; its body is SQL, Python or YAML. The cell shows the node's rows and writes nothing.

        Examples:
            %%odibi_node load_sales --read local:sales.csv

            %%odibi_node by_region --write local:by_region.parquet
            SELECT region, sum(amount) AS total FROM load_sales GROUP BY region

            %%odibi_node clean_sales
            def clean_sales(load_sales, min_amount=100):
                return load_sales[load_sales.amount >= min_amount]

        Options: see `%odibi help`; `--lang`, `--read`, `--format`, `--option`, `--write`, `--mode`, `--key`,
        `--depends-on`, `--expect`, `--no-run`, `--into`, `--tag`, `--describe`, `--pipeline`, `--preview`,
        `--materialize`, `--returns`.
        """
        origin = self._watch.origin(cell)
        node = self._workspace.declare_cell(line, cell, origin, magic_line=self._watch.magic_line(origin))
        self._try(node)

    @no_var_expand
    @line_magic("odibi_node")
    def odibi_node_line(self, line: str) -> None:
        """Declare a node in one line: `%odibi_node load_sales --read local:sales.csv`."""
        self._try(self._workspace.declare_cell(line, "", replace(self._watch.origin(line), id=None)))

    def _try(self, node: DeclaredNode) -> None:
        """Run a node that was just declared, as far as its card shows it."""
        from odibi_nb.notebook.card import declared_card, result_card

        ws = self._workspace
        if node.no_run or not ws.options["auto"] or node.config.returns == "none" or ws.nodes.waits_for(node.name):
            show(declared_card(ws, node))
            return
        result = ws.run_cell(node.name)
        if node.into and result.success:
            self._bind(node.into, ws[node.name].df())
        show(result_card(ws, node, result))

    def _bind(self, name: str, value: Any) -> None:
        self.shell.user_ns[name] = value

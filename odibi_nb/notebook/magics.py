"""The magics: each parses, calls the workspace, and shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from odibi_nb.cells.option_parser import OptionParser
from odibi_nb.cells.options import NODE_LINE
from odibi_nb.cells.queries import EXPECT_LINE, SQL_LINE, SqlOptions, parse_sql_line, split_sql
from odibi_nb.commands.base import Call, Live, Shown, described_options
from odibi_nb.commands.table import find_command, overview
from odibi_nb.exceptions import UsageError, Where
from odibi_nb.notebook.cells import CellWatch, blaming, line_magic_text, magic_line
from odibi_nb.notebook.display import as_twin, has_widgets, is_captured, show, show_value, show_widget
from odibi_nb.notebook.interrupts import short_interrupts
from odibi_nb.notebook.run_output import RunOutput
from odibi_nb.workspaces.mock_cell import MOCK_LINE

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.notebook.live_views import LiveViews
    from odibi_nb.runner import NodeResult, Place
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode
    from odibi_nb.workspaces.shortcuts import Upstream

__all__ = ["OdibiMagics"]

_Magic = Callable[..., None]

_HELP = frozenset({"-h", "--help"})
_LONG_WORK_S = 10.0


def _with_help(parser: OptionParser | None = None, *, alone: bool = False) -> Callable[[_Magic], _Magic]:
    """Answer `-h` and `--help` on a magic's line by its docstring, with the line's options listed in it.

    That is what `%%odibi_node?` shows too. alone: they count only where nothing else is on the line.
    """

    def helped(magic: _Magic) -> _Magic:
        options = described_options(parser.options) if parser is not None else []
        page = "\n\n".join(filter(None, [inspect.getdoc(magic), "\n".join(options)]))

        @wraps(magic)
        def answering(self: OdibiMagics, line: str, *cell: str) -> None:
            words = [line.strip()] if alone else line.split()
            if _HELP.isdisjoint(words):
                with short_interrupts():
                    magic(self, line, *cell)
            else:
                show(Shown(page))

        answering.__doc__ = page
        return answering

    return helped


def _with_commands(magic: _Magic) -> _Magic:
    """List the commands in the docstring, which is what `%odibi?` shows."""
    magic.__doc__ = f"{inspect.getdoc(magic)}\n\n{overview('cell')}"
    return magic


@magics_class
class OdibiMagics(Magics):
    """All magics: `%odibi`, and those whose names begin with `odibi_`."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell, workspace: Workspace, watch: CellWatch, views: LiveViews) -> None:
        super().__init__(shell)
        self._workspace, self._watch, self._views = workspace, watch, views

    @no_var_expand
    @line_magic
    @_with_commands
    def odibi(self, line: str) -> None:
        """Run a command: `%odibi run +by_region`. Bare `%odibi` is `status`.

        `%odibi help COMMAND` shows a command's options, with an example.
        """
        try:
            with short_interrupts():
                self._run_command(line)
        except UsageError as exc:
            if exc.where == Where():
                origin = self._watch.origin(line, alone=False)
                exc.at(**origin.place().locate(magic_line(origin, line.strip())))
            raise

    def _show_live(self, shown: Shown, live: Live) -> None:
        """Show first of all what every reader of the notebook sees; the live one hides it while it is there."""
        widget, twin = self._views.view(live, self._watch.running)
        show(replace(shown, html=as_twin(shown.html or "", twin)))
        show_widget(widget)

    def _run_command(self, line: str) -> None:
        name, _, rest = line.strip().partition(" ")
        command = find_command("help" if name in _HELP else name or "status", "cell")
        if not _HELP.isdisjoint(rest.split()):
            show(Shown(command.help("cell")))
            return
        parsed = command.parser("cell").parse(rest)
        with self._output(on_mocks=bool(parsed.values.get("mock"))) as output:
            call = Call("cell", parsed.words, parsed.values, self._workspace, listeners=output.listeners)
            shown = command.run(call)
            try:
                if shown.live is not None and has_widgets(self.shell):
                    self._show_live(shown, shown.live)
                else:
                    output.show(shown)
            finally:
                for note in shown.afterwards().notes if shown.afterwards is not None else ():
                    print(f"note: {note}")  # noqa: T201 - it comes after all that is shown

    def _output(self, *, on_mocks: bool = False) -> RunOutput:
        """Return what follows the runs of a cell."""
        live = has_widgets(self.shell) and self._watch.is_looked_at and not is_captured(self.shell)
        return RunOutput(self._workspace, live=live, on_mocks=on_mocks)

    @no_var_expand
    @cell_magic
    @_with_help()
    def odibi_project(self, line: str, cell: str) -> None:
        """Configure the project, in YAML: project, pipeline, engine, connections, vars, environments …

        Example:
            %%odibi_project
            connections:
              local: {type: local, base_path: ./data}
            vars: {min_amount: 100}
        """
        from odibi_nb.workspaces.project_cell import project_of_cell, written_project

        origin = self._watch.origin(line, cell)
        first = magic_line(origin)
        with self._workspace.broken.noting(origin, "odibi_project", line), blaming(origin.place(first)):
            read = partial(project_of_cell, cell, origin, line=line, magic_line=first)
            project = self._workspace.environments.take(read, written_project(cell))
        env = self._workspace.environments.name
        chosen = [f"environment {env}"] if env else []
        names, variables = (", ".join(named) or "none" for named in (project.connections, project.vars))
        facts = [f"engine {project.engine}", *chosen, f"connections: {names}", f"vars: {variables}"]
        show(Shown(f"project: {' · '.join(facts)}"))

    @no_var_expand
    @cell_magic("odibi_node")  # type: ignore[arg-type]
    @_with_help(NODE_LINE)
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
        origin = self._watch.origin(line, cell)
        self._declare(line, cell, origin, magic_line(origin))

    @no_var_expand
    @line_magic("odibi_node")  # type: ignore[arg-type]
    @_with_help(NODE_LINE)
    def odibi_node_line(self, line: str) -> None:
        """Declare a node without a body in one line: `%odibi_node load_sales --read local:sales.csv`."""
        origin = self._watch.origin(line, alone=False)
        self._declare(line, "", origin, magic_line(origin, line.strip()))

    @no_var_expand
    @cell_magic("odibi_test")  # type: ignore[arg-type]
    @_with_help()
    def odibi_test_cell(self, line: str, cell: str) -> None:
        """Declare a unit test of a node, in YAML, and run it; what is not as expected is shown and raised.

        Examples:
            %%odibi_test by_region sums
            given:
              clean_sales: [{region: N, amount: 5}, {region: N, amount: 7}]
            expect: [{region: N, total: 12}]

            %%odibi_test clean_sales refuses_texts
            given: {load_sales: [{amount: many}]}
            expect: {error: {type: TypeError, message: not supported}}

        given: for each input its rows, CSV text with a header, or mock; or mock for all (see %%odibi_mock). A node
        that reads a source is given its rows under its own name.
        expect: rows (or simply the list), count: N, or error: a part of its message.
        params: values for this test. ordered: true: the rows come in this order. exact: true: no other columns,
        in this order, and 12 is not 12.0. tolerance: how far numbers may be apart (floats: 1e-9).
        fill: {input: {column: value}} for columns that rows leave out; null: NULL where another row has a value.
        types: {input: {column: TYPE}} where neither the input nor its rows tell the right ones.
        """
        from odibi_nb.notebook.card import test_card
        from odibi_nb.workspaces.node_tests import declared_test

        origin = self._watch.origin(line, cell)
        with self._workspace.broken.noting(origin, "odibi_test", line):
            test = self._workspace.tests.put(declared_test(line, cell, origin, magic_line=magic_line(origin)))
        show(test_card(self._workspace, test))

    @no_var_expand
    @cell_magic("odibi_mock")  # type: ignore[arg-type]
    @_with_help(MOCK_LINE)
    def odibi_mock(self, line: str, cell: str) -> None:
        """Keep mock rows for a node's inputs, in YAML, and show the node on them; without NODE, for all their readers.

        Examples:
            %%odibi_mock by_region
            clean_sales: [{region: N, amount: 5}, {region: N, amount: 7}]

            %%odibi_mock by_region --input clean_sales
            region,amount
            N,5

        Rows have the types of the real ones, as far as those are known. Real results are left alone.
        """
        from odibi_nb.notebook.mocks import declared_mocks

        origin = self._watch.origin(line, cell)
        with self._workspace.broken.noting(origin, "odibi_mock", line):
            mocks = self._workspace.trials.declare_cell(line, cell, origin, magic_line=magic_line(origin))
        with self._output(on_mocks=True) as output:
            output.show(declared_mocks(self._workspace, mocks, output.listeners))

    @no_var_expand
    @cell_magic("odibi_sql")  # type: ignore[arg-type]
    @_with_help(SQL_LINE)
    def odibi_sql_cell(self, line: str, cell: str) -> None:
        """Run a query that is no node: it only reads, and nothing of it stays behind.

        Nodes are tables by their names, sources are written as "CONN:PATH", `$name` is a parameter's value. Nodes
        that aren't fresh are computed first.

        Examples:
            %%odibi_sql
            SELECT region, count(*) FROM clean_sales GROUP BY ALL

            %%odibi_sql --into raw --rows 3
            SELECT * FROM "local:sales.csv" ANTI JOIN clean_sales USING (sale_id)
        """
        origin = self._watch.origin(line, cell)
        first = magic_line(origin)
        with blaming(origin.place(first)):
            options = parse_sql_line(line)
        self._query(options, cell.rstrip(), origin.place(first + 1))

    @no_var_expand
    @line_magic("odibi_sql")  # type: ignore[arg-type]
    @_with_help(SQL_LINE, alone=True)
    def odibi_sql_line(self, line: str) -> None:
        """Run a query that is no node in one line: `%odibi_sql --rows 3 SELECT * FROM clean_sales`."""
        origin = self._watch.origin(line, alone=False)
        written, first = line_magic_text(origin, "odibi_sql", line)
        with blaming(origin.place(first)):
            options, text = split_sql(written)
        above = written.rstrip().removesuffix(text).count("\n")
        self._query(options, text, origin.place(first + above))

    @no_var_expand
    @cell_magic("odibi_expect")  # type: ignore[arg-type]
    @_with_help(EXPECT_LINE)
    def odibi_expect(self, line: str, cell: str) -> None:
        """Declare a data test of a node: a SELECT of the bad rows, in which the node is a table, as is what it reads.

        It runs with the node: one bad row, and the node fails and writes nothing. The cell tries it on the rows
        that the node has.

        Example:
            %%odibi_expect clean_sales no_refunds
            SELECT * FROM clean_sales WHERE amount < 0
        """
        from odibi_nb.notebook.card import expectation_card, waiting_card
        from odibi_nb.workspaces.expectations import expectation_from_cell

        ws, origin = self._workspace, self._watch.origin(line, cell)
        with ws.broken.noting(origin, "odibi_expect", line):
            new = expectation_from_cell(line, cell, origin, magic_line=magic_line(origin))
            expectation = ws.expectations.put_sound(new)
        if why := self._keeps_from_running(expectation.node):
            show(waiting_card(expectation, why))
            return
        self._announce(ws.work_above(expectation.node))
        show(expectation_card(ws, expectation, ws.expectations.check(expectation.node, expectation.name)))

    def _keeps_from_running(self, node: str) -> str:
        """Say why a data test can only wait for a run; "" where it can be tried."""
        ws = self._workspace
        if node not in ws:
            return f"waits for {ws.nodes.undeclared(node)}"
        if waits := ws.waits_for(node):
            return f"{node} waits for {', '.join(waits)}"
        if ws.nodes[node].config.returns == "none":
            return f"only `%odibi run` performs {node}"
        return "" if ws.options["auto"] else f"it runs with {node} (auto=off)"

    def _query(self, options: SqlOptions, text: str, place: Place) -> None:
        from odibi_nb.notebook.card import query_card

        ws = self._workspace
        query = ws.queries.compile(text, place=place)
        self._announce(ws.queries.work_above(query))
        rows = ws.options["preview"] if options.rows is None else options.rows
        with self._output() as output:
            result = ws.queries.run(query, rows, in_full=options.into is not None, listeners=output.listeners)
            if options.into is not None and result.dataset is not None:
                self.shell.user_ns[options.into] = result.dataset.frame()
            output.show(query_card(result, rows=rows, into=options.into or "", explains=bool(query.explain)))

    def _declare(self, line: str, cell: str, origin: CellOrigin, first: int) -> None:
        with self._workspace.broken.noting(origin, "odibi_node", line):
            node = self._workspace.declare_cell(line, cell, origin, magic_line=first)
        self.try_node(node)

    def try_node(self, node: DeclaredNode) -> None:
        """Run a node that was just declared, as far as its card shows it."""
        from odibi_nb.notebook.card import declared_card, result_card

        ws = self._workspace
        if node.mock and not node.no_run and ws.options["auto"]:
            self._try_on_mocks(node)
            return
        upstream = ws.upstream_of(node.name)
        if node.no_run or not ws.options["auto"] or node.config.returns == "none" or ws.waits_for(node.name, upstream):
            show(declared_card(ws, node))
            return
        if upstream != "fresh":
            self._try_shortcut(node, upstream)
            return
        self._announce(ws.work_above(node.name), " · --upstream stored or sample doesn't wait for it")
        with self._output() as output:
            result = ws.run_cell(node.name, listeners=output.listeners)
            if node.into and result.success:
                self.shell.user_ns[node.into] = ws[node.name].value
            output.show(result_card(ws, node, result))
        self._show_object(node, result)

    def _try_on_mocks(self, node: DeclaredNode) -> None:
        from odibi_nb.notebook.mocks import mock_card

        ws, auto = self._workspace, node.mock == "auto"
        with self._output(on_mocks=True) as output:
            card = mock_card(
                ws, node.name, auto=auto, notes=node.notes, into=node.into or "", listeners=output.listeners
            )
            if node.into and card.error is None:
                self.shell.user_ns[node.into] = ws.trials[node.name].value
            output.show(card)

    def _try_shortcut(self, node: DeclaredNode, upstream: Upstream) -> None:
        """Run a node on last results or sampled rows in place of what is above it."""
        from odibi_nb.notebook.card import shortcut_card

        with self._output() as output:
            outcome = self._workspace.try_shortcut(node.name, upstream, listeners=output.listeners)
            result = outcome.of(node.name)
            if node.into and result.success and result.dataset is not None:
                self.shell.user_ns[node.into] = result.dataset.frame()
            output.show(shortcut_card(self._workspace, node.name, outcome, into=node.into or ""))
        self._show_object(node, result)

    def _show_object(self, node: DeclaredNode, result: NodeResult) -> None:
        """Show what is no rows below its card, unless the card is to keep data out."""
        data = result.dataset
        if data is not None and not data.schema and self._workspace.preview_rows(node.name):
            show_value(data.frame())

    def _announce(self, work: dict[str, float], instead: str = "") -> None:
        """Name what has to run first, before it does, where that is expected to take long; and what to do instead."""
        if (seconds := sum(work.values())) > _LONG_WORK_S:
            show(Shown(f"running first: {', '.join(work)} · about {seconds:.0f} s, as the last time{instead}"))

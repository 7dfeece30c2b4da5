"""The inputs that one cell has shown: what is said in them is set, and the cards below them are computed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from odibi_nb.commands.base import Call
from odibi_nb.commands.settings import typed_parameters
from odibi_nb.exceptions import NodeCancelled, OdibiException, plural
from odibi_nb.notebook.latest import Cancelled
from odibi_nb.runner import Event, NodeFinished, NodeStarted

if TYPE_CHECKING:
    from odibi_nb.views import ErrorView, NodeView
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.parameter_uses import UsedParameter

__all__ = ["LivePanel"]

_NUMBERS = ("whole", "number")
_MOST_CARDS = 6  # below the inputs
_STOPPED = "stopped: move something to go on"
_BEFORE: Final = object()  # said by an input's reset


class LivePanel:
    """The inputs that one cell has shown. is_behind: something was moved, and its cards aren't there yet."""

    def __init__(
        self,
        workspace: Workspace,
        names: Callable[[], list[str]],
        moved: Callable[[LivePanel], None],
        drop: Callable[[], None],
    ) -> None:
        from odibi_nb.views.build_parameters import parameters_view
        from odibi_nb.widgets.params import ParametersPanel

        self._workspace, self._names, self._moved, self._drop = workspace, names, moved, drop
        self._lock = threading.Lock()
        self._said: dict[str, Any] = {}
        self._failed: dict[str, ErrorView] = {}
        self._cards: dict[str, tuple[tuple[Any, ...], NodeView]] = {}
        self.is_behind = False
        used = workspace.used_params(names())
        self._first = {one.name: one for one in used}
        view = parameters_view(workspace, used)
        self._kinds = {one.name: one.kind for one in view.parameters}
        self.widget = ParametersPanel(view, self._say, self._say_before, self._stop, twin=_twin(self._first))
        self._show_cards()

    def set_values(self) -> None:
        """Set what was said since; what can't be is told at its input."""
        with self._lock:
            said, self._said = self._said, {}
        for name, value in said.items():
            try:
                self._set(name, value)
            except OdibiException as exc:
                self.widget.inputs[name].show_error(" · ".join(filter(None, (exc.message, exc.hint))))
            else:
                self.widget.inputs[name].show_error("")
        if not said:
            return
        with suppress(OdibiException):  # nodes that it was asked for by name are gone: the run will tell it
            self._show_inputs(moving={name for name, value in said.items() if not self._is_typed(name, value)})

    def run(self, is_vain: Cancelled) -> None:
        """Set what was said, and compute what the cards show and isn't fresh; in vain, that is left for later."""
        from odibi_nb.pictures.text import join_facts
        from odibi_nb.views.cells import duration_text

        start = time.perf_counter()
        try:
            self.set_values()
            self._failed.clear()
            leaves = self._leaves()
            for name in leaves[:_MOST_CARDS]:
                self._compute(name, is_vain)
                self._show_cards()
            more = len(leaves) - _MOST_CARDS
            left_out = f"{plural(more, 'more node')}: name those to see in params --ui" if more > 0 else ""
            took = duration_text(time.perf_counter() - start)
            self.widget.show_state("idle", join_facts(took, "nothing is written", left_out))
            self._count(is_vain)
        except (KeyboardInterrupt, NodeCancelled):
            if not self.is_behind:
                self.widget.show_state("idle", _STOPPED)
            return
        except Exception as exc:  # noqa: BLE001 - there is no cell that would show it
            self.widget.show_state("failed", f"{type(exc).__name__}: {exc}")
        with self._lock:
            self.is_behind = bool(self._said)

    def refresh(self) -> None:
        """Show what holds now; nodes that it was asked for by name may be gone meanwhile."""
        with suppress(OdibiException):
            self._show_inputs()
            self._show_cards()

    def close(self) -> None:
        """Take it off the page."""
        self.widget.close()

    def _say(self, name: str, value: Any) -> None:
        with self._lock:
            self._said[name] = value
            self.is_behind = True
        self._moved(self)

    def _is_typed(self, name: str, said: Any) -> bool:
        """Whether an input was given a value otherwise than by moving it, which it is to follow."""
        return said is _BEFORE or (self._kinds[name] in _NUMBERS and isinstance(said, str))

    def _say_before(self, name: str) -> None:
        self._say(name, _BEFORE)

    def _stop(self) -> None:
        """Let the cards be as they are; what was said and not set yet is set with the next move or cell."""
        self.is_behind = False
        self._drop()
        self.widget.show_state("idle", _STOPPED)

    def _set(self, name: str, said: Any) -> None:
        first = self._first[name]
        if said is _BEFORE and not first.is_set:
            self._workspace.unset_params([name])
        else:
            value = first.value if said is _BEFORE else _value(self._workspace, first, self._kinds[name], said)
            self._workspace.set_params({name: value})

    def _show_inputs(self, moving: Collection[str] = ()) -> None:
        """Let the inputs follow the workspace, but for the values of those that are being moved."""
        from odibi_nb.views.build_parameters import parameter_view

        for one in self._workspace.used_params(self._names()):
            if one.name in self.widget.inputs and one.name not in self._said:
                self.widget.inputs[one.name].show(parameter_view(one), follow=one.name not in moving)

    def _leaves(self) -> list[str]:
        """Return the nodes whose cards are shown: of those that the parameters change, the last ones."""
        from odibi_nb.workspaces.parameter_uses import users_of_parameters

        ws = self._workspace
        with ws.lock:
            graph = ws.graph
            names = [name for name in self._names() if ws.nodes[name].config.returns != "none"]
            users = users_of_parameters(ws.nodes, names)
            changed = {name for parameter in self._first for name in users.get(parameter, ())}
            changed |= {below for name in changed for below in graph.get_dependents(name)}.intersection(names)
            return [name for name in names if name in changed and changed.isdisjoint(graph.get_dependents(name))]

    def _compute(self, name: str, is_vain: Cancelled) -> None:
        from odibi_nb.views.build import error_view
        from odibi_nb.workspaces.computed import result_of

        if is_vain():
            raise KeyboardInterrupt
        self.widget.show_state("running", f"computing {name}")
        if self._workspace.waits_for(name):
            return
        try:
            error = result_of(self._workspace, name, [_StopWhen(is_vain)]).error
        except OdibiException as exc:
            error = exc
        if error is not None:
            self._failed[name] = error_view(error)

    def _count(self, is_vain: Cancelled) -> None:
        """Count the rows of which the cards have told only that there are at least so many."""
        from odibi_nb.views.build import error_view
        from odibi_nb.workspaces.computed import evaluated

        for name in self._cards:
            result = self._workspace.result(name)
            if is_vain():
                raise KeyboardInterrupt
            if result is None or not result.success or result.dataset is None:
                continue
            if result.dataset.schema and result.dataset.known_rows is None:
                try:
                    evaluated(self._workspace, name, result.dataset.count)
                except OdibiException as exc:
                    if is_vain():
                        raise KeyboardInterrupt from exc
                    self._failed[name] = error_view(exc)
                self._show_cards()

    def _show_cards(self) -> None:
        """Show the cards that are others now; what a card is made of is compared as objects: their rows are many."""
        ws, before = self._workspace, self._cards
        self._cards = {}
        for name in self._leaves()[:_MOST_CARDS]:
            result = ws.result(name)
            rows = result.dataset.known_rows if result is not None and result.dataset is not None else None
            made_of = (ws.nodes[name], result, rows, ws.status(name), self._failed.get(name))
            is_same = name in before and all(a is b for a, b in zip(made_of, before[name][0], strict=True))
            self._cards[name] = before[name] if is_same else (made_of, self._card(name))
        if list(self._cards) != list(before) or any(self._cards[name] is not card for name, card in before.items()):
            self.widget.show_cards({name: view for name, (_, view) in self._cards.items()})

    def _card(self, name: str) -> NodeView:
        from odibi_nb.views import NodeView
        from odibi_nb.views.build import error_view, node_view

        try:
            view = node_view(self._workspace, name, compare=False)
        except NodeCancelled:
            raise
        except OdibiException as exc:  # of rows that can't be looked at
            kind = self._workspace.nodes.task(name).kind
            return NodeView(name, kind, self._workspace.status(name), error=error_view(exc))
        return replace(view, error=view.error or self._failed.get(name))


class _StopWhen:
    """Ends a run that has become vain, as Ctrl-C does; then lets it tell what has become of its nodes."""

    def __init__(self, is_vain: Cancelled) -> None:
        self._is_vain, self._stopped = is_vain, False

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeStarted | NodeFinished) and not self._stopped and self._is_vain():
            self._stopped = True
            raise KeyboardInterrupt


def _value(workspace: Workspace, used: UsedParameter, kind: str, said: Any) -> Any:
    """Return what an input means; raises UsageError for what can't be read."""
    from odibi_nb.views.build_parameters import choices_by_text

    if said is None or (kind == "yaml" and not said.strip() and used.before is None):
        return None
    match kind:
        case "choice":
            return choices_by_text(used).get(said, said)
        case "date":
            return date.fromisoformat(said)
        case "time":
            return datetime.fromisoformat(said)
        case "yaml" | "whole" | "number" if isinstance(said, str):
            return typed_parameters(Call("cell", workspace=workspace), {used.name: said})[used.name]
    return said


def _twin(parameters: dict[str, UsedParameter]) -> str:
    """Return an id that a table of the same parameters has in every session."""
    names = "\n".join(f"{name} {' '.join(one.nodes)}" for name, one in parameters.items())
    return blake2b(f"parameters\n{names}".encode(), digest_size=8).hexdigest()

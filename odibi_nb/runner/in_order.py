"""Reports that are the same whatever finishes first."""

from __future__ import annotations

from odibi_nb.runner.events import Event, Listener, NodeFinished, RunFinished, RunStarted

__all__ = ["InOrder"]


class InOrder:
    """A listener that passes finished nodes on in the order of the graph: for logs, which are compared.

    A node is held back until all before it have finished; of what else happens `listener` is told at once.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._awaited: dict[str, None] = {}
        self._held: dict[str, NodeFinished] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeFinished):
            if event.result.node_name in self._awaited:  # a node may turn out to be at fault once it has finished
                self._held[event.result.node_name] = event
                self._pass_on()
            return
        if isinstance(event, RunStarted):
            self._awaited = dict.fromkeys(event.names)
            self._held.clear()
        elif isinstance(event, RunFinished):
            for held in (self._held[name] for name in self._awaited if name in self._held):
                self._listener(held)
        self._listener(event)

    def _pass_on(self) -> None:
        while self._awaited and (name := next(iter(self._awaited))) in self._held:
            del self._awaited[name]
            self._listener(self._held.pop(name))

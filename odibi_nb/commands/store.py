"""`store`: what outlives a session, and making room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import UsageError, did_you_mean, plural
from odibi_nb.store import Entry
from odibi_nb.views.stored import StoreView, size_text, store_view

__all__ = ["COMMANDS"]


def store(call: Call) -> Shown:
    """Show the results that outlive a session; or remove some."""
    word = call.words[0] if call.words else ""
    if word not in ("", "prune"):
        raise UsageError(
            f"store shows or prunes, it can't '{word}'", hint=did_you_mean(word, ["prune"]) or "store prune"
        )
    if not word and any(call.values.get(one) for one in ("all", "check")):
        raise UsageError("--all and --check are for pruning", hint="store prune --all")
    return _prune(call) if word else _show(call)


def _show(call: Call) -> Shown:
    from odibi_nb.pictures import store_html, store_text

    view = store_view(call.ws)
    return Shown(store_text(view), store_html(view), data=_dict(call, view))


def _prune(call: Call) -> Shown:
    store = call.ws.store
    before, damaged = store.size_bytes(), store.damaged() if call.values.get("check") else []
    removed = store.prune(_unwanted(call))
    if call.values.get("all"):
        store.forget_failures()
    freed = max(0, before - store.size_bytes())
    broken = f", {plural(len(damaged), 'damaged one')}" if damaged else ""
    text = f"removed {plural(len(removed), 'result')}{broken}: {size_text(freed)} freed, {store_view(call.ws).summary}"
    data = {"removed": [entry.key for entry in removed], "damaged": [entry.key for entry in damaged], "freed": freed}
    return Shown(text, data=data)


def _unwanted(call: Call) -> Callable[[Entry], bool]:
    """Return what tells the results to remove: all, or those whose place another one has taken.

    What was used last stands beside what was computed last: a parameter may be back at its old value.
    """
    if call.values.get("all"):
        return lambda entry: True
    last = call.ws.store.last_keys()
    latest = {_place(entry): entry.key for entry in reversed(call.ws.store.entries())}
    return lambda entry: entry.key not in last and latest.get(_place(entry)) != entry.key


def _place(entry: Entry) -> tuple[str, ...]:
    """Return what an entry is a result of: a node, or a file that was parsed once for all, and how."""
    if (said := entry.record.get("snapshot")) is None:
        return ("node", entry.record["result"]["node_name"])
    return ("file", *(str(said[name]) for name in ("path", "given") if name in said))


def _dict(call: Call, view: StoreView) -> dict[str, object]:
    store = call.ws.store
    sizes = {"size_bytes": store.size_bytes(), "limit_bytes": store.limit_bytes}
    return {"folder": view.folder, **sizes, "results": [asdict(one) for one in view.results], "problems": view.problems}


COMMANDS = {
    "store": Command(
        "store",
        "Show the results that outlive a session, in .odibi beside the notebook; prune removes some.",
        "store prune",
        store,
        words=("[prune]",),
        options=(
            Option("--all", takes="nothing", help="prune: remove every result"),
            Option("--check", takes="nothing", help="prune: read every byte, and remove what is damaged"),
        ),
        details="prune removes results whose place newer ones of their nodes have taken, and what crashes have left;\n"
        "what a session uses stays. Nothing is lost by it but the time to compute it again.\n"
        "Beyond settings: {store: {limit_gb: 10}} what was of no use for longest goes by itself.",
    )
}

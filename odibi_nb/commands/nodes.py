"""`drop`, `rename` and `reset`: taking declarations back."""

from __future__ import annotations

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import UsageError, plural

__all__ = ["COMMANDS"]


def drop(call: Call) -> Shown:
    """Forget a node and its result, a test, or an expectation; or bring a node back."""
    name, *expectation = call.words
    if expectation:
        return _drop_expectation(call, name, expectation[0])
    if "::" in name and not call.values.get("undo"):
        call.ws.tests.drop(name)
        return Shown(f"dropped the test {name}")
    if call.values.get("undo"):
        call.ws.restore(name)
        return Shown(f"{name} is back")
    call.ws.drop(name)
    return Shown(f"dropped {name}; `%odibi drop {name} --undo` brings it back")


def _drop_expectation(call: Call, node: str, name: str) -> Shown:
    again = f"%%odibi_expect {node} {name}"
    if call.values.get("undo"):
        raise UsageError(f"--undo brings back a node, not '{name}'", hint=f"run its cell again: {again}")
    call.ws.expectations.drop(node, name)
    return Shown(f"dropped expectation {name} of {node}; its cell brings it back: {again}")


def rename(call: Call) -> Shown:
    """Give a node another name."""
    old, new = call.words
    readers = call.ws.rename(old, new)
    more = f"; still reading '{old}': {', '.join(readers)}" if readers else ""
    label = call.ws.nodes[new].origin.label
    cell = f"; cell {label} still says '{old}': change it before it runs again" if label else ""
    return Shown(f"renamed {old} to {new}{more}{cell}")


def reset(call: Call) -> Shown:
    """Forget every node, result and parameter, and the project."""
    count = len(call.ws)
    call.ws.reset()
    return Shown(f"forgot {plural(count, 'node')}, their results, all parameters, tests and mocks, and the project")


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "drop",
            "Forget a node with its expectations and its result; or, of the node, one expectation.",
            "drop by_region",
            drop,
            words=("NODE", "[EXPECTATION]"),
            options=(Option("--undo", takes="nothing", help="bring back a node that was dropped"),),
            details="NODE::TEST is one of its unit tests.",
        ),
        Command("rename", "Give a node another name.", "rename clean cleaned", rename, words=("OLD", "NEW")),
        Command(
            "reset",
            "Forget everything: nodes, results, parameters, tests, mocks and the project; files stay.",
            "reset",
            reset,
        ),
    )
}

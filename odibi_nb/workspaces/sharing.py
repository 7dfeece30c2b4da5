"""Values of the notebook that several nodes of a run use and change."""

from __future__ import annotations

from odibi_nb.runner import NodeResult, RunOutcome
from odibi_nb.workspaces.fingerprinting import Look

__all__ = ["note_shared"]

_NAMED = 2


def note_shared(outcome: RunOutcome, before: Look, after: Look) -> None:
    """Say of nodes of a run that they share a value which the run itself has changed: its order has a part in them."""
    sharing: dict[str, list[NodeResult]] = {}
    for result in outcome.results.values():
        if result.status == "completed":
            for name in before.moved(result.node_name, after):
                sharing.setdefault(name, []).append(result)
    for name, results in sharing.items():
        for result in results if len(results) > 1 else ():
            # Two of them, and one more where that is this one, are enough to be named.
            others = [f"'{one.node_name}'" for one in results[: _NAMED + 1] if one is not result][:_NAMED]
            more = len(results) - 1 - len(others)
            users = ", ".join(others) + (f" and {more} more" if more else "")
            note = f"'{name}' changed while the run went on, and is used by {users} too"
            result.notes += (f"{note}: what they give may depend on which runs first",)

"""Values of the notebook that several nodes of a run use and change."""

from __future__ import annotations

from odibi_nb.runner import NodeResult, RunOutcome
from odibi_nb.workspaces.fingerprinting import Look

__all__ = ["note_shared"]


def note_shared(outcome: RunOutcome, before: Look, after: Look) -> None:
    """Say of nodes of a run that they share a value which the run itself has changed: its order has a part in them."""
    sharing: dict[str, list[NodeResult]] = {}
    for result in outcome.results.values():
        if result.status == "completed":
            for name in before.moved(result.node_name, after):
                sharing.setdefault(name, []).append(result)
    for name, results in sharing.items():
        for result in results if len(results) > 1 else ():
            others = ", ".join(f"'{one.node_name}'" for one in results if one is not result)
            note = f"'{name}' changed while the run went on, and is used by {others} too"
            result.notes += (f"{note}: what they give depends on which runs first",)

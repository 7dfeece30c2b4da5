"""What runs on mock rows: tasks that read nothing else, and the rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from odibi_nb.pipeline.mocks import redirected
from odibi_nb.runner import NodeTask
from odibi_nb.workspaces.mock_search import Given, MockedInputs, MockSearch

__all__ = ["MockPlan", "plan_mocks"]


@dataclass(slots=True)
class MockPlan:
    """A run on mock rows.

    order: all nodes that it tells of. tasks: in the same order. given: rows by the names that tasks have for them.
    inputs: those names by node and input. stand_ins: nodes that can't run, whose own rows are given.
    side_effects: nodes that are not performed.
    """

    order: list[str] = field(default_factory=list)
    tasks: list[NodeTask] = field(default_factory=list)
    given: dict[str, Given] = field(default_factory=dict)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)
    side_effects: list[str] = field(default_factory=list)

    def take(self, given: Given) -> str:
        """Take in rows and return their name."""
        self.given[given.place] = given
        return given.place


def plan_mocks(names: Collection[str], inputs: MockedInputs) -> MockPlan:
    """Return the run of the named nodes, and of what they need for it, on mock rows.

    Raises ValidationError for an input that there are no rows for, and for rows of what is no input.
    """
    search, plan = MockSearch(inputs, names), MockPlan()
    needed = set(names)
    for name in search.order:  # the first one in order is nearest to what is missing
        if name in needed and name in search.obstacles and inputs.for_readers(name) is None:
            raise search.obstacles[name]
    for name in reversed(search.order):
        if name in needed:
            plan.order.insert(0, name)
            needed.update(_add(plan, name, search))
    return plan


def _add(plan: MockPlan, name: str, search: MockSearch) -> list[str]:
    """Let a node run, or its own rows stand in for it; return those that have to run for it."""
    task, config = search.inputs.nodes.task(name), search.inputs.nodes[name].config
    if name in search.obstacles:
        given = search.inputs.for_readers(name)
        assert given is not None  # noqa: S101 - else the plan has been refused
        plan.stand_ins[name] = plan.take(given)
        return []
    if config.returns == "none":
        plan.side_effects.append(name)
        return []
    wanted = search.inputs.names(name)
    places = {one: plan.take(search.found[name, one]) for one in wanted if (name, one) in search.found}
    plan.inputs[name] = places
    plan.tasks.insert(0, redirected(task, config, places))
    return [one for one in wanted if one not in places]

"""Whatever is declared, edited, renamed, dropped, run or changed: all is as after a fresh start."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException
from odibi_nb.workspaces.fingerprinting import Fingerprints

NAMES = ("a", "b", "c", "d", "e")
FILES = ("one.csv", "two.csv")
# Of a node: what it reads, and what it does with that.
BODIES = st.sampled_from(
    [
        "SELECT x FROM '{file}'",
        "SELECT x + {number} AS x FROM {above}",
        "SELECT x + $step AS x FROM {above} -- {number}",
        "SELECT l.x + r.x AS x FROM {above} AS l CROSS JOIN {other} AS r ORDER BY 1 LIMIT 5",
        "def {name}({above}, step):\n    return {above}.head(5) * step",
        "raised({above})  # {number}",
        "raised({above}.head({number} + 1))",
    ]
)
NAME, NUMBER, FILE = st.sampled_from(NAMES), st.integers(0, 2), st.sampled_from(FILES)
HELPERS = "def raised(frame):\n    return by(frame)\ndef by(frame):\n    return frame + RAISE\nRAISE = {number}\n"


class Notebook(RuleBasedStateMachine):
    """Nodes a to e, two files, one parameter, one helper that uses another and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.bodies: dict[str, str] = {}
        self.step, self.version = 1, 0
        for file in FILES:
            self.change_file(file, 0)
        self.helpers = HELPERS.format(number=0)
        self.variables = self.executed()
        self.ws = self.fresh(self.variables)
        self.process = self.ws._runs._fingerprints.process

    def teardown(self) -> None:
        self.ws.close()

    def executed(self) -> dict[str, Any]:
        variables: dict[str, Any] = {"__name__": "__main__"}
        exec(self.helpers, variables)
        return variables

    def fresh(self, variables: dict[str, Any] | None = None) -> Workspace:
        """A workspace as a new kernel would have it, with what is declared now."""
        variables = variables or self.executed()
        ws = Workspace(self.root, namespace=lambda: variables, is_variable=variables.__contains__)
        ws.configure(ProjectConfig.model_validate({"vars": {"step": self.step}}))
        for name, body in self.bodies.items():
            ws.node(name, body)
        return ws

    @rule(name=NAME, above=NAME, other=NAME, body=BODIES, file=FILE, number=NUMBER)
    def declare(self, name: str, above: str, other: str, body: str, file: str, number: int) -> None:
        if name in (above, other):
            return
        text = body.format(name=name, above=above, other=other, file=file, number=number)
        try:
            self.ws.node(name, text)
        except OdibiException:  # a cycle: the old node stays
            return
        self.bodies[name] = text

    @rule(name=NAME)
    def drop(self, name: str) -> None:
        if self.bodies.pop(name, None) is not None:
            self.ws.drop(name)

    @rule(old=NAME, new=NAME)
    def rename(self, old: str, new: str) -> None:
        if old not in self.bodies or new in self.bodies or f"def {old}(" in self.bodies[old]:
            return
        try:
            self.ws.rename(old, new)
        except OdibiException:
            return
        self.bodies[new] = self.bodies.pop(old)

    @rule(number=NUMBER)
    def change_param(self, number: int) -> None:
        self.step = number
        self.ws.configure(ProjectConfig.model_validate({"vars": {"step": number}}))

    @rule(file=FILE, number=NUMBER)
    def change_file(self, file: str, number: int) -> None:
        self.version += 1
        (self.root / file).write_text(f"x\n{number}\n{number + 1}\n")
        os.utime(self.root / file, (self.version, self.version))

    @rule(number=NUMBER)
    def change_helper(self, number: int) -> None:
        self.helpers = HELPERS.format(number=number)
        exec(self.helpers, self.variables)

    @rule(name=NAME)
    def run_cell(self, name: str) -> None:
        if name in self.bodies and not self.ws.waits_for(name):
            self.ws.run_cell(name)

    @precondition(lambda self: self.bodies)
    @rule()
    def run(self) -> None:
        if any(one.action == "skip" for one in self.ws.plan()):
            return
        planned = [one.name for one in self.ws.plan() if one.action == "run"]
        naive = self.naive()
        unchanged = {
            name
            for name in planned
            if (kept := self.ws._runs.results.kept(name)) and kept.in_full and kept.fingerprint.digest == naive[name]
        }
        assert not unchanged
        outcome = self.ws.run()
        assert outcome.names("completed") == planned
        assert set(self.ws.statuses().values()) == {"completed"}
        other = self.fresh()
        other.run()
        for name in self.bodies:
            assert self.ws[name].df().equals(other[name].df()), name
        other.close()

    @invariant()
    def stale_flags_are_those_of_a_naive_look(self) -> None:
        naive = self.naive()
        for name, status in self.ws.statuses().items():
            kept = self.ws._runs.results.kept(name)
            expected = "pending" if kept is None else "completed" if kept.fingerprint.digest == naive[name] else "stale"
            assert status == expected, name

    def naive(self) -> dict[str, str]:
        """Return all digests as a new kernel would compute them from nothing but what is declared now."""
        other = self.fresh()
        fingerprints = Fingerprints(other.nodes)
        fingerprints.engine, fingerprints._process = self.ws._runs._fingerprints.engine, self.process
        look = fingerprints.look(other.nodes.with_upstream(self.bodies))
        return {name: look.digest(name) for name in self.bodies}


def test_stale_flags_and_results_are_those_of_a_fresh_start() -> None:
    run_state_machine_as_test(
        Notebook,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

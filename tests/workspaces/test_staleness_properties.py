"""Whatever is declared, edited, renamed, dropped, run or changed: all is as after a fresh start."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException

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


START = {
    "a": "SELECT x FROM 'one.csv'",
    "b": "SELECT x + $step AS x FROM a",
    "c": "raised(b)",
    "d": "SELECT l.x + r.x AS x FROM a AS l CROSS JOIN c AS r ORDER BY 1 LIMIT 5",
    "e": "def e(d, step):\n    return d.head(5) * step",
}


class Notebook(RuleBasedStateMachine):
    """Nodes a to e, two files, one parameter, one helper that uses another and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.bodies = dict(START)
        self.computed: dict[str, tuple[Any, str]] = {}
        self.step, self.versions = 1, dict.fromkeys(FILES, 0)
        for file in FILES:
            self.change_file(file, 0)
        self.helpers = HELPERS.format(number=0)
        self.variables = self.executed()
        self.ws = self.session()

    def teardown(self) -> None:
        self.ws.close()
        shutil.rmtree(self.root)

    def executed(self) -> dict[str, Any]:
        variables: dict[str, Any] = {"__name__": "__main__"}
        exec(self.helpers, variables)
        return variables

    def fresh(self, variables: dict[str, Any] | None = None) -> Workspace:
        """A workspace as a new kernel would have it, with what is declared now."""
        variables = variables or self.executed()
        ws = Workspace(self.root, namespace=lambda: variables, is_variable=variables.__contains__)
        ws.keep_nothing()
        ws.configure(ProjectConfig.model_validate({"vars": {"step": self.step}}))
        for name, body in self.bodies.items():
            ws.node(name, body)
        return ws

    def session(self) -> Workspace:
        return self.fresh(self.variables)

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
        if old not in self.bodies or new in self.bodies or re.search(rf"def {old}\(|\b{new}\b", self.bodies[old]):
            return
        try:
            self.ws.rename(old, new)
        except OdibiException:
            return
        self.bodies[new] = self.bodies.pop(old)
        self.note_renamed(old, new)

    @rule(number=NUMBER)
    def change_param(self, number: int) -> None:
        self.step = number
        self.ws.configure(ProjectConfig.model_validate({"vars": {"step": number}}))

    @rule(file=FILE, number=NUMBER)
    def change_file(self, file: str, number: int) -> None:
        self.versions[file] += 1
        (self.root / file).write_text(f"x\n{number}\n{number + 1}\n")
        os.utime(self.root / file, (self.versions[file], self.versions[file]))

    @rule(number=NUMBER)
    def change_helper(self, number: int) -> None:
        self.helpers = HELPERS.format(number=number)
        exec(self.helpers, self.variables)

    @rule(name=NAME)
    def run_cell(self, name: str) -> None:
        if name in self.bodies and not self.ws.waits_for(name):
            self.ws.run_cell(name)
            self.note()

    @precondition(lambda self: self.bodies)
    @rule()
    def run(self) -> None:
        if any(one.action == "skip" for one in self.ws.plan()):
            return
        planned = {one.name: one.reason for one in self.ws.plan() if one.action == "run"}
        unchanged = {name: reason for name, reason in planned.items() if self.expected(name) == "completed"}
        assert all(re.match("only its preview was computed|upstream . will run", why) for why in unchanged.values())
        outcome = self.ws.run()
        self.note()
        assert outcome.names("completed") == list(planned)
        assert set(self.ws.statuses().values()) == {"completed"}
        other = self.fresh()
        other.run()
        for name in self.bodies:
            assert self.ws[name].df().equals(other[name].df()), name
        other.close()

    @invariant()
    def stale_flags_are_those_of_a_naive_look(self) -> None:
        assert self.ws.statuses() == {name: self.expected(name) for name in self.bodies}

    def naive(self, name: str) -> str:
        """Return all that a node's result stands for, told from the texts alone."""
        body, above = re.sub(r"(--|#).*", "", self.bodies[name]).strip(), self.above(name)
        parts = [
            body.replace(f"def {name}(", "def ("),
            *(self.naive(one) if one in self.bodies else one for one in above),
        ]
        parts += [(self.root / file).read_text() + str(self.versions[file]) for file in FILES if file in body]
        parts += [str(self.step)] if "step" in body else []
        parts += [self.helpers] if "raised" in body else []
        return repr(parts)

    def above(self, name: str) -> list[str]:
        return sorted(set(re.findall(r"\b[a-e]\b", re.sub(r"(--|#).*", "", self.bodies[name]))) - {name})

    def note(self) -> None:
        """Remember what the results that are new stand for."""
        for name in self.bodies:
            kept = self.ws._runs.results.kept(name)
            if kept is not None and self.computed.get(name, (None, ""))[0] is not kept:
                self.computed[name] = (kept, self.naive(name))

    def note_renamed(self, old: str, new: str) -> None:
        if (kept := self.ws._runs.results.kept(new)) is not None:  # the old one's, which it takes over
            self.computed[new] = (kept, self.computed[old][1])

    def expected(self, name: str) -> str:
        if self.ws._runs.results.kept(name) is None:
            return "pending"
        is_below = any(one in self.bodies and self.expected(one) == "stale" for one in self.above(name))
        return "stale" if is_below or self.computed[name][1] != self.naive(name) else "completed"


class StoredNotebook(Notebook):
    """The same, where results outlive sessions: a new one begins now and then, and more may be fresh than was run."""

    def session(self) -> Workspace:
        ws = self.fresh(self.variables)
        ws._runs._keeps = True
        ws._runs.configure(ws.project)
        return ws

    def note_renamed(self, old: str, new: str) -> None:
        """Nothing is remembered here: `compare` asks a session that has computed nothing before."""

    @rule()
    def restart(self) -> None:
        self.ws.close()
        self.variables = self.executed()
        self.ws = self.session()

    @precondition(lambda self: self.bodies)
    @rule()
    def run(self) -> None:
        if any(one.action == "skip" for one in self.ws.plan()):
            return
        self.ws.run()
        assert set(self.ws.statuses().values()) <= {"completed", "cached"}
        self.compare(list(self.bodies))

    @invariant()
    def stale_flags_are_those_of_a_naive_look(self) -> None:
        fresh = [name for name, status in self.ws.statuses().items() if status in ("completed", "cached")]
        if not self.ws.waits_for(fresh[-1]) if fresh else False:
            self.compare(fresh[-1:])

    def compare(self, names: list[str]) -> None:
        """Look that nodes give the rows that a session without any result of before computes."""
        other = self.fresh()
        other.run(*(f"+{name}" for name in names))
        for name in names:
            assert self.ws[name].df().equals(other[name].df()), name
        other.close()


# Of one with a store each step computes anew what it compares with.
@pytest.mark.parametrize(("kind", "examples"), [(Notebook, 25), (StoredNotebook, 12)])
def test_stale_flags_and_results_are_those_of_a_fresh_start(kind: type[Notebook], examples: int) -> None:
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

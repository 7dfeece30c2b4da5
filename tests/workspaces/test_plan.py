"""What a plan says, and that a run does just that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException
from odibi_nb.views.build import node_view
from odibi_nb.workspaces.plan import PlannedNode

CLEAN = "def clean(sales, min_amount):\n    return scaled(sales[sales.amount >= min_amount])"
TOTAL = "SELECT region, sum(amount) AS total FROM clean GROUP BY region ORDER BY region"
HELPERS = "RATE = 2\ndef scaled(frame):\n    return frame.assign(amount=frame.amount * RATE)\n"


class Project:
    """A notebook's nodes and variables; `run` tells what was computed and written."""

    def __init__(self, root: Path) -> None:
        self.variables: dict[str, Any] = {"__name__": "__main__"}
        self.ws = Workspace(root, namespace=lambda: self.variables, is_variable=self.variables.__contains__)
        self.root = root
        if not (root / "sales.csv").exists():
            self.put("sales.csv", "region,amount\nN,1\nN,5\nS,7\n")
        self.configure()
        self.define(HELPERS)
        self.ws.node("sales", read={"connection": "local", "path": "sales.csv"})
        self.ws.node("clean", CLEAN)
        self.total()

    def configure(self, **settings: Any) -> None:
        project = {"connections": {"local": {"type": "local", "base_path": "."}}, "vars": {"min_amount": 2}}
        self.ws.configure(ProjectConfig.model_validate({**project, **settings}))

    def total(self, sql: str = TOTAL, **write: Any) -> None:
        target = {"connection": "local", "path": "total.csv", **write}
        self.ws.node("total", sql, write=target)

    def define(self, source: str) -> None:
        exec(source, self.variables)

    def put(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def plan(self, *selectors: str) -> dict[str, PlannedNode]:
        return {one.name: one for one in self.ws.plan(*selectors)}

    def reasons(self) -> dict[str, str]:
        return {one.name: one.reason for one in self.ws.plan() if one.action == "run"}

    def run(self, *selectors: str, **how: Any) -> list[str]:
        """Run as planned; the names of what was computed, and of what was written with a `>` before it."""
        planned = self.ws.plan(*selectors)
        outcome = self.ws.run(*selectors, **how)
        done = [name for name, result in outcome.results.items() if result.status == "completed"]
        done += [f">{name}" for name, result in outcome.results.items() if result.written]
        if not how:
            foreseen = [one.name for one in planned if one.action == "run"]
            assert done == foreseen + [f">{one.name}" for one in planned if one.write == "write"]
        return done


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.ws.close()


def test_the_first_run_does_all_and_the_next_nothing(project: Project) -> None:
    assert set(project.reasons().values()) == {"never run"}
    assert project.run() == ["sales", "clean", "total", ">total"]
    assert project.reasons() == {}
    assert project.plan()["total"].write == "written"
    assert project.run() == []


def test_comments_and_white_space_change_nothing(project: Project) -> None:
    project.run()
    project.total(
        "-- by region\nSELECT region,\n  sum(amount) AS total /* all */ FROM clean GROUP BY region ORDER BY region"
    )
    project.ws.node("clean", CLEAN.replace("return ", "return  ") + "  # small ones are noise")
    project.define(
        "# twice\nRATE = 2\ndef scaled(frame):  # all\n    return frame.assign(amount=frame.amount * RATE)\n"
    )
    assert project.reasons() == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p.define("RATE = 3"), "RATE 2 → 3"),
        (lambda p: p.define(HELPERS.replace("* RATE", "+ RATE")), "scaled changed"),
        (lambda p: p.ws.set_params({"min_amount": 100}), "min_amount 2 → 100"),
        (lambda p: p.ws.node("clean", CLEAN.replace(">=", ">")), "code changed "),
    ],
)
def test_the_reason_names_what_changed(project: Project, change: Any, reason: str) -> None:
    project.run()
    change(project)
    reasons = project.reasons()
    assert list(reasons) == ["clean", "total"]
    assert reasons["clean"].startswith(reason)
    assert reasons["total"] == "upstream clean will run"
    assert project.ws.statuses() == {"sales": "completed", "clean": "stale", "total": "stale"}
    assert project.run() == ["clean", "total", ">total"]


def test_a_newer_file_is_named(project: Project) -> None:
    project.run()
    project.put("sales.csv", "region,amount\nN,10\n")
    assert project.reasons()["sales"] == "sales.csv is newer"
    assert project.run() == ["sales", "clean", "total", ">total"]


def test_a_file_that_is_older_or_gone_is_not_called_newer(project: Project) -> None:
    project.run()
    os.utime(project.root / "sales.csv", (1, 1))
    assert project.reasons()["sales"] == "sales.csv has changed"
    (project.root / "sales.csv").unlink()
    assert project.reasons()["sales"] == "sales.csv can't be read"


def test_a_file_that_is_replaced_during_a_run_and_put_back_is_read_again(project: Project) -> None:
    file = project.root / "sales.csv"
    text, times = file.read_text(), (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    project.variables["replace"] = lambda: project.put("sales.csv", "region,amount\nN,10\nS,20\n")
    project.ws.node("first", "def first():\n    replace()\n    return __import__('pandas').DataFrame({'a': [1]})")
    project.ws.node(
        "sales", "SELECT * FROM df", read={"connection": "local", "path": "sales.csv"}, depends_on=["first"]
    )
    project.ws.run()
    project.put("sales.csv", text)
    os.utime(file, ns=times)
    assert project.reasons()["sales"].startswith("sales.csv has changed")


def test_of_many_files_those_that_came_or_went_are_named(project: Project) -> None:
    for name in ("part1.csv", "part2.csv"):
        project.put(name, "region,amount\nN,5\n")
    project.ws.node("sales", read={"connection": "local", "path": "part*.csv"})
    project.run()
    project.put("part3.csv", "region,amount\nN,5\n")
    assert project.reasons()["sales"] == "part*.csv: part3.csv is new"
    for name in ("part1.csv", "part3.csv"):
        (project.root / name).unlink()
    assert project.reasons()["sales"] == "part*.csv: part1.csv is gone"


def test_files_are_told_apart_by_their_bytes_on_request(project: Project) -> None:
    project.configure(settings={"source_files": "content"})
    project.run()
    os.utime(project.root / "sales.csv", (1, 1))
    assert project.reasons() == {}
    project.put("sales.csv", "region,amount\nN,1\nN,5\nS,8\n")
    assert project.reasons()["sales"] == "sales.csv is newer"


def test_options_and_expectations_count(project: Project) -> None:
    project.run()
    project.ws.node("sales", read={"connection": "local", "path": "sales.csv", "options": {"header": True}})
    assert project.reasons()["sales"] == "option header changed"
    project.run()
    tests = {"tests": [{"type": "not_null", "columns": ["region"]}]}
    project.ws.node("clean", CLEAN, validation=tests)
    assert project.reasons()["clean"] == "expectations changed"


def test_what_changed_in_the_upstream_meanwhile_is_said(project: Project) -> None:
    project.run()
    project.define("RATE = 5")
    project.run("clean")
    assert project.reasons() == {"total": "upstream clean has changed"}


def test_a_failed_node_runs_again(project: Project) -> None:
    project.total("SELECT nothing FROM clean")
    with pytest.raises(OdibiException):
        project.ws.run()
    assert list(project.reasons()) == ["total"]
    assert project.reasons()["total"].startswith("failed ")


def test_what_is_forced_is_computed(project: Project) -> None:
    project.run()
    assert project.run(force=True) == ["sales", "clean", "total", ">total"]


def test_only_the_selected_nodes_are_written(project: Project) -> None:
    assert project.run("clean") == ["sales", "clean"]
    assert project.plan("total")["total"].write_reason == "its result will be new"
    assert project.run("total") == ["total", ">total"]


def test_a_fresh_result_whose_file_is_missing_or_changed_is_only_written(project: Project) -> None:
    project.run()
    whole = (project.root / "total.csv").read_text()
    (project.root / "total.csv").unlink()
    assert project.plan()["total"].write_reason == "the file is missing"
    assert project.run() == [">total"]
    project.put("total.csv", "spoilt")
    assert project.plan()["total"].write_reason == "the file was changed by somebody else"
    assert project.run() == [">total"]
    assert (project.root / "total.csv").read_text() == whole
    project.total(path="other.csv")
    assert project.plan()["total"].write_reason == "its target has changed"
    assert project.run() == [">total"]


def test_a_cell_never_writes_and_the_next_run_only_writes(project: Project) -> None:
    project.ws.run_cell("total")
    assert not (project.root / "total.csv").exists()
    assert project.plan()["total"].write_reason == "not written yet"
    assert project.run() == [">total"]


def test_a_result_is_appended_once(project: Project) -> None:
    project.total(mode="append")
    for how in ({}, {}, {"force": True}):
        project.run(**how)
        assert (project.root / "total.csv").read_text() == "region,total\nN,10\nS,14\n"
    project.run(append_again=True)
    assert (project.root / "total.csv").read_text() == "region,total\nN,10\nS,14\nN,10\nS,14\n"
    project.define("RATE = 1")
    project.run()
    assert (project.root / "total.csv").read_text().endswith("N,5\nS,7\n")


def test_disabled_and_unresolved_nodes_are_skipped_with_all_below(project: Project) -> None:
    project.ws.node("clean", CLEAN, enabled=False)
    project.ws.node("late", "SELECT * FROM nowhere")
    plan = project.plan()
    assert plan["clean"].reason == "disabled (enabled: false)"
    assert plan["total"].reason == "upstream clean is skipped"
    assert plan["late"].reason == "waits for nowhere"
    assert [plan[name].action for name in ("clean", "total", "late")] == ["skip"] * 3


def test_a_preview_of_a_leaf_is_no_result_of_a_run(project: Project) -> None:
    project.ws.node("leaf", "SELECT clean.* FROM clean, range(100)", materialize="view")
    project.ws.run_cell("leaf")
    assert project.reasons()["leaf"] == "only its preview was computed"


def test_a_preview_that_came_to_the_end_of_a_leaf_is_a_result_of_a_run(project: Project) -> None:
    project.ws.node("leaf", "SELECT * FROM clean", materialize="view")
    project.ws.run_cell("leaf")
    assert project.plan("leaf")["leaf"].action == "cached"


def test_a_side_effect_is_performed_by_every_run(project: Project) -> None:
    project.ws.node("mail", "def mail(clean):\n    pass", returns="none")
    project.run()
    assert project.reasons() == {"mail": "a side effect: every run performs it"}


def test_what_reads_the_outside_world_is_fresh_in_its_process_only(tmp_path: Path) -> None:
    looks = []
    for _ in range(2):
        project = Project(tmp_path)
        project.ws.node("now", "SELECT now() AS t")
        project.ws.node("fetched", "import pandas as pd\npd.DataFrame({'x': [1]})")
        project.ws.node("kept", "import pandas as pd\npd.DataFrame({'x': [1]})", cache=True)
        project.run()
        assert project.reasons() == {}
        runs = project.ws._runs
        look = runs._fingerprints.look(project.ws.nodes.with_upstream(project.ws.nodes))
        looks.append({name: look.digest(name) for name in project.ws})
        project.ws.close()
    first, second = looks
    assert {name for name in first if first[name] != second[name]} == {"now", "fetched"}


def test_a_node_that_is_not_to_be_cached_always_runs_and_so_does_what_reads_it(project: Project) -> None:
    project.ws.node("clean", CLEAN, cache=False)
    project.run()
    assert project.reasons() == {"clean": "cache: false", "total": "upstream clean will run"}


def test_a_value_that_cannot_be_told_is_said(project: Project) -> None:
    project.define("LOCK = __import__('threading').Lock()")
    project.ws.node("locked", "LOCK\nclean")
    project.run()
    assert project.ws.unsure("locked") == ["a change within 'LOCK' goes unnoticed: a _thread.lock is known by identity"]
    assert project.reasons() == {}
    project.define("LOCK = __import__('threading').Lock()")
    assert project.reasons() == {"locked": "LOCK changed"}


def test_a_bad_row_that_only_the_write_meets_fails_the_node_that_made_it(project: Project) -> None:
    rows = "".join(f"{number}\n" for number in range(150_000))
    project.put("codes.csv", f"code\n{rows}x\n")
    read = {"connection": "local", "path": "codes.csv", "options": {"types": {"code": "VARCHAR"}}}
    project.ws.node("codes", read=read)
    project.ws.node("numbers", "SELECT CAST(code AS INT) AS code FROM codes")
    project.ws.node("kept", "SELECT * FROM numbers", write={"connection": "local", "path": "kept.csv"})
    project.ws.run_cell("kept")
    with pytest.raises(OdibiException, match="in node 'numbers'"):
        project.ws.run("kept")
    assert project.ws.statuses(["numbers", "kept"])["numbers"] == "failed"
    assert not (project.root / "kept.csv").exists()


def test_modified_nodes_are_those_stale_for_a_reason_of_their_own(project: Project) -> None:
    project.run()
    project.ws.node("clean", CLEAN.replace(">=", ">"))
    assert project.ws.select(["state:modified"]) == ["clean"]
    assert project.ws.select(["state:stale"]) == ["clean", "total"]
    assert project.ws.select(["state:modified+"]) == ["clean", "total"]


def test_a_stale_card_says_why(project: Project) -> None:
    project.run()
    project.ws.set_params({"min_amount": 100})
    assert node_view(project.ws, "clean").notes == ("stale: min_amount 2 → 100",)
    assert node_view(project.ws, "total").notes == ("stale: upstream clean will run",)
    assert node_view(project.ws, "sales").notes == ()

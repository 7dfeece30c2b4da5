"""The crontab and the GitHub workflow of the README do what it says they do, as far as a machine can tell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
from jsonschema import Draft202012Validator

from odibi_nb.project_file import parse_yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SCRIPTS = Path(sys.executable).parent

TEXT: dict[str, Any] = {"type": "string"}
MAPPING: dict[str, Any] = {"type": "object"}
EVENT: dict[str, Any] = {"type": ["object", "null"]}
CRON_FIELD = r"(\*|\d+(-\d+)?)(/\d+)?(,\d+)*"
STEP: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "name", "if", "run", "shell", "working-directory"), TEXT),
        **dict.fromkeys(("with", "env"), MAPPING),
        "uses": {"type": "string", "pattern": r"^[\w.-]+/[\w.-]+(/[\w.-]+)*@v\d+$"},
        "continue-on-error": {"type": "boolean"},
        "timeout-minutes": {"type": "number"},
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["run"]}, {"required": ["uses"]}],
}
JOB: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "if", "runs-on"), TEXT),
        **dict.fromkeys(("permissions", "env", "defaults", "outputs", "strategy", "services", "concurrency"), MAPPING),
        "needs": {"type": ["string", "array"]},
        "timeout-minutes": {"type": "number"},
        "steps": {"type": "array", "items": STEP, "minItems": 1},
    },
    "required": ["runs-on", "steps"],
    "additionalProperties": False,
}
WORKFLOW: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "run-name"), TEXT),
        **dict.fromkeys(("env", "defaults"), MAPPING),
        "on": {
            "type": "object",
            "properties": {
                **dict.fromkeys(("push", "pull_request", "workflow_dispatch"), EVENT),
                "schedule": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"cron": {"type": "string", "pattern": rf"^{CRON_FIELD}( {CRON_FIELD}){{4}}$"}},
                        "required": ["cron"],
                        "additionalProperties": False,
                    },
                },
            },
            "additionalProperties": False,
        },
        "permissions": {"type": "object", "additionalProperties": {"enum": ["read", "write", "none"]}},
        "concurrency": {
            "type": "object",
            "properties": {"group": TEXT, "cancel-in-progress": {"type": "boolean"}},
            "required": ["group"],
            "additionalProperties": False,
        },
        "jobs": {"type": "object", "patternProperties": {r"^[A-Za-z_][\w-]*$": JOB}, "additionalProperties": False},
    },
    "required": ["on", "jobs"],
    "additionalProperties": False,
}
"""What GitHub takes as a workflow, as far as ours needs it; a key that isn't here isn't one of theirs."""

CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nsettings: {source_files: content}\nconnections: {local: {type: local, base_path: .}}",
    "%%odibi_node sales --read local:sales.csv",
    "%%odibi_node totals --write local:totals.csv\nSELECT region, sum(amount) AS total FROM sales GROUP BY region",
    "%%odibi_test totals sums\ngiven: {sales: [{region: N, amount: 5}]}\nexpect: [{region: N, total: 5}]",
)


def block(language: str, part: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (text,) = [text for text in found if part in text]
    return str(text)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A home with `shop/`, in it a notebook, its data and an environment with this package."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / ".venv").symlink_to(SCRIPTS.parent)
    (shop / "sales.csv").write_text("region,amount\nN,5\nN,7\n")
    (shop / "requirements.txt").write_text("odibi_nb\npytest\n")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), shop / "sales.ipynb"
    )
    return shop


def workflow() -> dict[str, Any]:
    data: dict[str, Any] = parse_yaml(block("yaml", "runs-on")).data
    return data


def of_step(steps: list[dict[str, Any]], action: str) -> dict[str, Any]:
    """Return what the one step that uses an action hands to it."""
    (found,) = [step["with"] for step in steps if action in step.get("uses", "")]
    return dict(found)


def environment(shop: Path, path: str) -> dict[str, str]:
    """Return cron's environment; beside it only what says where the package under test is."""
    return {"HOME": str(shop.parent), "LOGNAME": "ada", "SHELL": "/bin/sh", "PATH": path, "PYTHONPATH": str(ROOT)}


def test_the_crontab_logs_what_happens_and_says_something_only_when_it_fails(shop: Path) -> None:
    lines = block("crontab", "odibi-nb run").splitlines()
    assert re.fullmatch(r"MAILTO=\w+", lines[0])
    timed = re.fullmatch(rf"{CRON_FIELD}(?: {CRON_FIELD}){{4}} (?P<command>[^%]+)", lines[1])
    assert timed is not None

    def cron() -> str:
        """Run the line as cron does; what it says is mailed."""
        command = ["/bin/sh", "-c", timed["command"]]
        env = environment(shop, "/usr/bin:/bin")
        return subprocess.run(
            command, env=env, cwd="/", text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ).stdout

    assert cron() == ""
    assert "sales ✓ completed" in (shop / "run.log").read_text("utf-8")
    assert (shop / "totals.csv").read_text() == "region,total\nN,12\n"
    (shop / "sales.csv").unlink()
    mailed = cron()
    assert "sales ✗ failed" in mailed
    assert "sales.csv" in mailed
    assert "sales ✓ completed" in (shop / "run.log").read_text("utf-8")


def test_the_workflow_keeps_to_github_s_rules() -> None:
    data = workflow()
    problems = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(WORKFLOW).iter_errors(data)]
    assert problems == []
    steps = data["jobs"]["sales"]["steps"]
    saved, restored = (of_step(steps, f"cache/{what}") for what in ("save", "restore"))
    assert saved["key"] == restored["key"]
    assert saved["key"].startswith(restored["restore-keys"].strip())
    artifact = of_step(steps, "upload-artifact")
    assert artifact["path"].split() == ["report.xml", ".odibi/stories"]
    assert artifact["include-hidden-files"] is True  # or .odibi would be left out


def test_the_workflow_s_steps_run_and_a_second_checkout_computes_nothing(shop: Path) -> None:
    steps = [step["run"] for step in workflow()["jobs"]["sales"]["steps"] if "run" in step]
    env = environment(shop, f"{SCRIPTS}:/usr/bin:/bin") | {"CI": "true", "PIP_NO_INDEX": "1"}
    env["PYTEST_ADDOPTS"] = "-p no:nbmake -p no:nbval -p no:hypothesispytest"  # slow to load, and not there

    def shell(step: str) -> str:
        # As GitHub's runners start it.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step]
        finished = subprocess.run(command, cwd=shop, env=env, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, (step, finished.stdout, finished.stderr)
        return finished.stdout

    for step in steps:
        shell(step)
    (case,) = ET.parse(shop / "report.xml").iter("testcase")
    assert (case.get("classname"), case.get("name")) == ("sales.ipynb.totals", "sums")
    assert list((shop / ".odibi/stories").glob("*.html"))
    (shop / "totals.csv").unlink()
    os.utime(shop / "sales.csv", (1, 1))
    again = json.loads(shell(f"{steps[-1]} --json"))
    assert (again["completed"], again["cached"], again["written"]) == ([], ["sales", "totals"], ["totals"])

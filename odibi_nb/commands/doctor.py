"""`doctor`: what is missing or in the way on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from odibi_nb.commands.base import JSON, Call, Command, Shown
from odibi_nb.commands.diagnosis import CHECKS
from odibi_nb.commands.findings import Finding

__all__ = ["COMMANDS"]

_MARKS = {"ok": "✓ ok", "warn": "! warn", "fail": "✗ fail"}


def doctor(call: Call) -> Shown:
    """Look at versions, folders and what the pictures and DuckDB need; nothing is changed."""
    findings = [finding for check in CHECKS for finding in check()]
    healthy = all(finding.state != "fail" for finding in findings)
    data = {"ok": healthy, "checks": [asdict(finding) for finding in findings]}
    return Shown(_text(findings), data=data, exit_status=0 if healthy else 1)


def _text(findings: Sequence[Finding]) -> str:
    from odibi_nb.pictures import listing_text

    table = listing_text(
        ("", "what", "found"), [(_MARKS[finding.state], finding.name, finding.detail) for finding in findings]
    )
    amiss = [finding for finding in findings if finding.state != "ok"]
    if not amiss:
        return f"{table}\n\nEverything is in place."
    fixes = [f"  {finding.name}: {finding.fix}" for finding in amiss]
    return "\n".join([table, "", "what to do:", *fixes])


COMMANDS = {
    "doctor": Command(
        "doctor",
        "Find what is missing or in the way on this machine, and in this folder: versions, Jupyter, DuckDB, results.",
        "doctor",
        doctor,
        options=(JSON,),
        needs_target=False,
        details="A warning is something that works less well.",
    )
}

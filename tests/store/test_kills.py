"""Sessions that are killed at random moments leave nothing that is served wrong, and nothing that is appended twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KILLS = 50


def test_sessions_that_are_killed_leave_nothing_wrong(tmp_path: Path) -> None:
    command = [sys.executable, Path(__file__).with_name("killed.py"), tmp_path, str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert max(one.get("killed", 0) for one in told) >= KILLS
    assert [one for one in told if "error" in one] == []
    checks = [one["wrong"] for one in told if "wrong" in one]
    assert len(checks) >= KILLS // 10
    assert checks == [[]] * len(checks)
    # They were killed while they worked: some in the middle of a file, and what others had kept was of use.
    assert max(one.get("unfinished", 0) for one in told) > 0
    assert sum(one.get("recalled", 0) for one in told) > 0
    appended = [one["appended"] for one in told if "appended" in one]
    assert len(appended) == 2
    assert all(len(shifts) == len(set(shifts)) > 1 for shifts in appended)

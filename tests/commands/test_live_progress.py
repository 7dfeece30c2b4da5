"""How far a run is, in a real terminal and in logs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main
from tests.commands.terminals import run_in_terminal

UNTIL_SEEN = "for _ in range(1500):\n    if pathlib.Path('go_on').exists():\n        break\n    time.sleep(0.02)\n"
FIRST = (
    "%%odibi_node first_of_them_all\nprint('\\x1b[31mred', flush=True)\ntime.sleep(0.1)\n"
    f"{UNTIL_SEEN}pd.DataFrame({{'x': [1, 2]}})"
)
BAD = "%%odibi_node bad\ndef bad(first_of_them_all):\n    raise ValueError('no')"
BELOW = "%%odibi_node below\nSELECT * FROM bad"
SLOW = "%%odibi_node slow\ntime.sleep(60)\npd.DataFrame({'x': [1]})"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _notebook(*cells: str) -> str:
    made = [nbformat.v4.new_code_cell(cell) for cell in ("import pathlib, time\nimport pandas as pd", *cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=made), "n.ipynb")
    return "n.ipynb"


def _steady(lines: list[str]) -> list[str]:
    """Return lines without their times, and without empty ones."""
    lines = [re.sub(r"^[\d-]{10} [\d:]{8} · ", "", line) for line in lines]
    return [re.sub(r" · (<?[\d.]+ m?s)(?= · |$)", "", line) for line in lines if line]


ENDED = [
    "first_of_them_all | red",
    "✓ completed first_of_them_all · 2 rows",
    "✗ failed bad · ValueError: no",
    "» skipped below · 'bad' failed",
]


def test_a_terminal_shows_what_runs_and_in_the_end_only_what_has_ended() -> None:
    notebook = _notebook(FIRST, BAD, BELOW)
    ran = run_in_terminal(["run", notebook, "--json"], go_on_when=lambda written: "0 of 3 nodes" in written)
    assert ran.status == 1
    assert list(json.loads(ran.stdout)["nodes"]) == ["first_of_them_all", "bad", "below"]
    assert "▶ first_of_them_all" in ran.written
    assert "0 of 3 nodes" in ran.written
    assert _steady(ran.screen) == ENDED
    assert "\x1b[31mred" in ran.written.replace("\x1b[0m", "")


def test_a_second_run_says_how_long_a_node_took_and_colours_are_left_out_on_demand() -> None:
    notebook = _notebook(FIRST.replace("\\x1b[31m", ""))
    Path("go_on").touch()
    main(["run", notebook])
    Path("go_on").unlink()
    both = re.compile(r"▶ first_of_them_all · [\d.]+ m?s of about [\d.]+ m?s")
    ran = run_in_terminal(
        ["run", notebook, "--force"],
        go_on_when=lambda written: both.search(_without_controls(written)) is not None,
        NO_COLOR="1",
    )
    assert both.search(_without_controls(ran.written))
    assert not re.search(r"\x1b\[[39]\dm", ran.written)


def test_a_small_terminal_has_room_for_what_runs() -> None:
    many = [
        f"%%odibi_node number_{number}_of_many_nodes\n{UNTIL_SEEN}pd.DataFrame({{'x': [1]}})" for number in range(30)
    ]
    notebook = _notebook(*many)
    ran = run_in_terminal(
        ["run", notebook, "--workers", "30"], width=24, go_on_when=lambda written: "and 10 more" in written
    )
    drawn = [_without_controls(block).splitlines() for block in ran.written.split("\x1b[1A\x1b[2K") if "▶" in block]
    assert re.fullmatch(r"▶ num.+odes · [\d.]+ m?s", drawn[0][0])
    assert max(len(line) for block in drawn for line in block if "▶" in line) <= 24
    assert any(re.fullmatch(r"  and \d+ more", line) for block in drawn for line in block)
    assert max(sum(line.startswith(("▶", "  and")) for line in block) for block in drawn) <= 21
    text = "".join(ran.screen)
    assert (text.count("✓ completed"), text.count("▶"), text.count("more")) == (30, 0, 0)


def test_ctrl_c_leaves_the_terminal_as_it_should_be() -> None:
    ran = run_in_terminal(["run", _notebook(SLOW)], interrupt_when=lambda written: "▶ slow" in written)
    assert ran.status == 130
    assert _steady(ran.screen) == ["■ cancelled slow · interrupted"]
    assert ran.written.count("\x1b[?25h") >= ran.written.count("\x1b[?25l") > 0
    assert "cancelled" in ran.stdout


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_a_terminal_that_is_a_log_gets_plain_lines(environment: dict[str, str]) -> None:
    Path("go_on").touch()
    ran = run_in_terminal(["run", _notebook(FIRST.replace("\\x1b[31m", ""))], **environment)
    assert "\x1b" not in ran.written
    assert _steady(ran.written.splitlines()) == ["1 node to run", *ENDED[:2]]


def test_a_log_has_a_line_for_each_node_in_the_order_of_the_graph(capsys: pytest.CaptureFixture[str]) -> None:
    quick = "%%odibi_node quick\npd.DataFrame({'x': [1]})"
    Path("go_on").touch()
    assert main(["run", _notebook(FIRST, quick, BAD, BELOW), "--workers", "2"]) == 1
    said = _steady(capsys.readouterr().err.splitlines())
    assert said == [
        "4 nodes to run",
        ENDED[0].replace("red", "\x1b[31mred"),
        ENDED[1],
        "✓ completed quick · 1 row",
        *ENDED[2:],
    ]


def _without_controls(text: str) -> str:
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", text)

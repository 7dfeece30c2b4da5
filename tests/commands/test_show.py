"""`odibi-nb show`: a node's card in a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main

Shell = Callable[..., tuple[int, str, str]]
SALES = "%%odibi_node sales\nSELECT * FROM (VALUES ('N', 5), ('S', NULL), ('S', 3)) AS v(region, amount)"
BAD = "%%odibi_node bad --materialize view\nSELECT CAST(region AS INT) AS n FROM sales"
BELOW = "%%odibi_node below\nSELECT sum(n) AS n FROM bad"
TIMES = "%%odibi_node times --no-run\nSELECT amount * $factor AS a FROM sales WHERE region = 'N'"
RAISES = "%%odibi_node raises\ndef raises(sales):\n    return sales['nothing']"
LATE = "%%odibi_node late\nFROM nowhere"
EFFECT = "%%odibi_node effect --returns none\ndef effect(sales):\n    open('performed', 'a').write('x')"


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    cells = map(
        nbformat.v4.new_code_cell,
        ("%%odibi_project\nvars: {factor: 2}", SALES, BAD, BELOW, RAISES, LATE, EFFECT, TIMES),
    )
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), "n.ipynb")

    def shown(*words: str) -> tuple[int, str, str]:
        status = main(["show", "n.ipynb", *words])
        return (status, *capsys.readouterr())

    return shown


def test_a_node_is_computed_and_its_card_shown(show: Shell) -> None:
    status, out, _ = show("sales", "--preview", "2")
    assert (status, out.splitlines()[0][:25]) == (0, "sales · ✓ completed · 3 r")
    assert [line.split() for line in out.splitlines()[-3:]] == [["N", "5"], ["S", "NULL"], ["…", "1", "more", "row"]]
    assert "≡ cached" in show("sales")[1]


def test_in_json_it_has_rows_columns_and_what_is_shown(show: Shell) -> None:
    told = json.loads(show("sales", "--json", "--preview", "2")[1])
    assert (told["node"], told["status"], told["rows"], told["error"]) == ("sales", "completed", 3, None)
    assert told["schema"] == [{"name": "region", "type": "VARCHAR"}, {"name": "amount", "type": "INTEGER"}]
    assert told["preview"] == {"columns": ["region", "amount"], "rows": [["N", "5"], ["S", None]]}


@pytest.mark.parametrize(
    ("name", "where"),
    [("bad", "node 'bad', cell 3"), ("raises", "node 'raises', cell 5"), ("below", "node 'bad', cell 3")],
)
def test_what_fails_in_it_or_above_it_is_status_1(show: Shell, name: str, where: str) -> None:
    status, out, err = show(name)
    assert (status, where in out + err) == (1, True)
    told = json.loads(show(name, "--json")[1])
    assert (told["status"], told["error"]["line"]) == ("failed", 3 if name == "raises" else 2)


def test_the_traceback_begins_in_the_node_s_code(show: Shell) -> None:
    status, out, _ = show("raises", "--traceback")
    assert (status, out.splitlines()[0]) == (1, "Traceback (most recent call last):")
    assert 'File "<n.ipynb, cell 5>", line 3, in raises' in out
    assert "KeyError: 'nothing'" in out
    assert show("sales", "--traceback") == (2, "", "error: node 'sales' has no error to show\n  in node 'sales'\n")


def test_a_parameter_is_taken_for_the_call(show: Shell) -> None:
    assert show("times", "--param", "factor=7")[1].splitlines()[-1] == "35"
    assert show("times")[1].splitlines()[-1] == "10"


def test_what_can_not_run_or_is_of_a_session_is_refused(show: Shell) -> None:
    assert "there is no node 'sale'" in show("sale")[2]
    assert "node 'late' reads 'nowhere', which is not declared" in show("late")[2]
    assert "hint: odibi-nb run TARGET sales --mock" in show("sales", "--mock")[2]


def test_a_look_performs_no_side_effect(show: Shell) -> None:
    status, out, _ = show("effect")
    assert (status, out) == (0, "effect · ○ pending\n")
    assert not Path("performed").exists()

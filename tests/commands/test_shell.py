"""`odibi-nb` on notebooks, YAML files and folders."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from odibi_nb.commands.shell import main

ROOT = Path(__file__).parents[2]
PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}\nvars: {min_amount: 100}"
LOAD = "%%odibi_node load_sales --read local:sales.csv"
CLEAN = (
    "%%odibi_node clean_sales\ndef clean_sales(load_sales, min_amount):\n    print('cleaning')\n"
    "    return load_sales[load_sales.amount >= min_amount]"
)
BY_REGION = (
    "%%odibi_node by_region --write local:by_region.parquet\n"
    "SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region"
)
YAML = """\
connections: {local: {type: local, base_path: ./data}}
pipelines:
  - pipeline: sales
    nodes:
      - name: load_sales
        read: {connection: local, path: sales.csv}
      - name: doubled
        depends_on: [load_sales]
        transform: {steps: [{function: double, params: {by: 2}}]}
        write: {connection: local, path: doubled.parquet}
"""
TRANSFORMS = """\
from pathlib import Path
from odibi_nb.registry import transform

Path(__file__).with_name("imported").touch()

@transform
def double(context, by: int):
    print("doubling")
    return context.get("load_sales").assign(by=by)
"""
PARAM = ("--param", "least=30")

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.csv").write_text("region,amount\nN,50\nN,150\nS,200\nS,\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command in this process; returns status, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def _notebook(path: str, *cells: str, tags: dict[int, list[str]] | None = None) -> str:
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    for position, names in (tags or {}).items():
        made[position].metadata["tags"] = names
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def _notes(err: str) -> list[str]:
    """Return what was said beside the lines of a run that begins and of nodes that have ended."""
    return [
        line for line in err.splitlines() if not re.match(r"✓ completed|[\d-]{10} [\d:]{8} · \d+ nodes? to run", line)
    ]


@pytest.fixture
def sales(folder: Path) -> str:
    return _notebook("sales.ipynb", "%load_ext odibi_nb", PROJECT, LOAD, CLEAN, BY_REGION, "%odibi run")


@pytest.fixture
def project(folder: Path) -> str:
    Path("odibi.yaml").write_text(YAML)
    Path("transforms.py").write_text(TRANSFORMS)
    return "odibi.yaml"


def test_a_notebook_runs_and_writes(shell: Shell, sales: str) -> None:
    status, out, err = shell("run", sales)
    assert status == 0
    assert "sales ✓ completed · 3 nodes: 3 completed" in out
    assert Path("data/by_region.parquet").exists()
    assert "3 nodes to run" in err.splitlines()[0]
    assert [line.split(" · ")[0] for line in err.splitlines()[1:]] == [
        "✓ completed load_sales",
        "clean_sales | cleaning",
        "✓ completed clean_sales",
        "✓ completed by_region",
    ]


def test_json_of_a_run_is_one_object_with_exact_rows(shell: Shell, sales: str) -> None:
    status, out, err = shell("run", sales, "--json")
    data = json.loads(out)
    assert status == 0
    assert list(data) == [
        "pipeline", "status", "duration_s", "completed", "cached", "failed", "skipped", "cancelled", "written", "nodes",
        "story",
    ]  # fmt: skip
    assert Path(data["story"]).read_text("utf-8").startswith("<!doctype html>")
    assert (data["pipeline"], data["status"], data["written"]) == ("sales", "completed", ["by_region"])
    assert {name: node["rows"] for name, node in data["nodes"].items()} == {
        "load_sales": 4, "clean_sales": 2, "by_region": 2,
    }  # fmt: skip
    assert data["nodes"]["load_sales"]["schema"][1] == {"name": "amount", "type": "BIGINT"}
    assert data["nodes"]["load_sales"]["error"] is None
    assert "cleaning" in err


@pytest.mark.parametrize("target", ["odibi.yaml", "."])
def test_a_project_runs_from_its_file_and_its_folder(shell: Shell, project: str, target: str) -> None:
    status, out, _ = shell("run", target, "--json")
    data = json.loads(out)
    assert status == 0
    assert (data["pipeline"], data["completed"]) == ("sales", ["load_sales", "doubled"])


@pytest.mark.parametrize("command", ["validate", "graph", "ls", "params"])
def test_looking_runs_no_user_code(shell: Shell, project: str, command: str) -> None:
    mark = "open('ran', 'w').close()"
    notebook = _notebook(
        "n.ipynb",
        PROJECT,
        f"{mark}\nRATE = {mark} or 2",
        "from odibi_nb import transform\n@transform\ndef double(context, by: int = 1):\n    return context",
        LOAD,
        f"%%odibi_node n\n{mark}\nload_sales.assign(x=RATE)",
        "%%odibi_node doubled\ndepends_on: [n]\ntransform: {steps: [{function: double}]}",
    )
    for target in (project, notebook):
        assert shell(command, target)[0] == 0
    assert not Path("ran").exists()
    assert not Path("imported").exists()


@pytest.mark.parametrize("command", ["validate", "graph"])
def test_looking_evaluates_no_annotation(shell: Shell, project: str, command: str) -> None:
    annotation = "[open('ran', 'w'), int][1]"
    Path("transforms.py").write_text(TRANSFORMS.replace("by: int", f"by: {annotation}"))
    cell = f"%%odibi_node n\ndef n(load_sales, min_amount: {annotation}):\n    return load_sales"
    for target in (project, _notebook("n.ipynb", PROJECT, LOAD, cell)):
        assert shell(command, target)[0] == 0
    assert not Path("ran").exists()


@pytest.mark.parametrize("command", ["run", "plan", "validate", "graph", "ls"])
def test_a_wrong_setting_of_duckdb_is_refused_before_anything_runs(shell: Shell, project: str, command: str) -> None:
    file = Path(project)
    file.write_text(f"settings:\n  duckdb: {{memory_limt: 2GB}}\n{file.read_text()}")
    status, _, err = shell(command, project)
    assert status == 2
    assert "DuckDB has no setting 'memory_limt'" in err
    assert "odibi.yaml, line 2, key settings.duckdb.memory_limt" in err
    assert "did you mean 'memory_limit'?" in err


def test_only_the_slice_that_nodes_use_runs_and_the_rest_is_listed(shell: Shell) -> None:
    target = _notebook(
        "n.ipynb",
        PROJECT,
        "from pathlib import Path\nRATE = 2\nPath('plain').touch()",
        "!touch special",
        "def scaled(frame):\n    return frame.assign(amount=frame.amount * RATE)",
        "Path('setup').touch()",
        LOAD,
        "%%odibi_node n --write local:n.parquet\nscaled(load_sales)",
        tags={4: ["odibi-setup"]},
    )
    assert shell("run", target)[0] == 0
    assert Path("data/n.parquet").exists()
    assert Path("setup").exists()
    assert not Path("plain").exists()
    assert not Path("special").exists()
    left_out = json.loads(shell("validate", target, "--json")[1])["left_out"]
    assert [(one["cell"], one["line"]) for one in left_out] == [("2", 3), ("3", 1)]
    assert "cell 3, line 1: !touch special" in shell("validate", target)[1]


def test_a_setup_cell_comes_before_nodes_that_are_all_sql(shell: Shell) -> None:
    made = "from pathlib import Path\nPath('data').mkdir(exist_ok=True)\nPath('data/ids.csv').write_text('id\\n7\\n')"
    ids = "%odibi_node ids --read local:ids.csv"
    target = _notebook("n.ipynb", PROJECT, made, ids, tags={1: ["odibi-setup"]})
    assert shell("validate", target)[0] == 0
    assert not Path("data/ids.csv").exists()
    status, out, _ = shell("run", target, "--json")
    assert (status, json.loads(out)["nodes"]["ids"]["rows"]) == (0, 1)


def test_a_setup_cell_that_fails_says_where(shell: Shell) -> None:
    target = _notebook("n.ipynb", PROJECT, "x = 1\n1 / 0", "%%odibi_node n\nSELECT 1 AS a", tags={1: ["odibi-setup"]})
    status, _, err = shell("run", target)
    assert status == 1
    assert "ZeroDivisionError: division by zero\n  in cell 2, n.ipynb, line 2" in err


def test_names_imported_by_a_star_are_the_nodes_too(shell: Shell) -> None:
    Path("rates.py").write_text("from pathlib import Path\nPath('imported').touch()\nRATE = 2")
    target = _notebook(
        "n.ipynb",
        PROJECT,
        "from rates import *\nfrom math import *",
        LOAD,
        "%%odibi_node n\nload_sales.assign(amount=load_sales.amount * RATE * sqrt(4))",
    )
    assert shell("validate", target)[0] == 0
    assert not Path("imported").exists()
    assert shell("run", target)[0] == 0


def test_a_transform_named_like_its_node_is_found(shell: Shell) -> None:
    step = "%%odibi_node double\ndepends_on: [load_sales]\ntransform: {steps: [{function: double, params: {by: 3}}]}"
    plain = "from odibi_nb import transform\n@transform\ndef double(df, by: int = 1):\n    return df.assign(x=by)"
    assert shell("run", _notebook("n.ipynb", PROJECT, plain, LOAD, step))[0] == 0


def test_a_transform_of_the_notebook_is_checked_and_run(shell: Shell) -> None:
    step = "%%odibi_node n\ndepends_on: [load_sales]\ntransform: {steps: [{function: double, params: {by: BY}}]}"
    plain = "from odibi_nb import transform\n@transform\ndef double(df, by: int = 1):\n    return df.assign(x=by)"
    good = _notebook("good.ipynb", PROJECT, plain, LOAD, step.replace("BY", "3"))
    assert shell("run", good)[0] == 0
    bad = _notebook("bad.ipynb", PROJECT, plain, LOAD, step.replace("by: BY", "bye: 3"))
    status, _, err = shell("run", bad)
    assert status == 2
    assert "did you mean 'by'?" in err


@pytest.mark.parametrize("more", [(), ("--processes",)])
def test_a_transform_may_be_called_like_its_node_and_have_defaults_that_are_code(
    shell: Shell, more: tuple[str, ...]
) -> None:
    step = "%%odibi_node n --write local:n.csv\ndepends_on: [load_sales]\ntransform: {steps: [{function: n}]}"
    plain = "from odibi_nb import transform\nLOW = 3\n@transform\ndef n(df, by=LOW, *, to=LOW + 1):\n"
    cells = (PROJECT, f"{plain}    return df.head(1).assign(by=by, to=to)", LOAD, step)
    assert shell("run", _notebook("n.ipynb", *cells), *more)[0] == 0
    assert Path("data/n.csv").read_text() == "region,amount,by,to\nN,50,3,4\n"


def test_transforms_may_import_modules_beside_them(shell: Shell, project: str) -> None:
    Path("beside_transforms.py").write_text("FACTOR = 2\n")
    Path("transforms.py").write_text(f"from beside_transforms import FACTOR\n{TRANSFORMS}")
    assert shell("run", project)[0] == 0


def test_definitions_run_once_even_for_nodes_in_parallel(shell: Shell) -> None:
    target = _notebook(
        "n.ipynb",
        PROJECT,
        "import time\nCOUNT = open('count', 'a').write('x')\ntime.sleep(0.2)\nDONE = 1",
        LOAD,
        *(f"%%odibi_node n{i}\nload_sales.head(COUNT + DONE)" for i in range(4)),
    )
    assert shell("run", target, "--workers", "4")[0] == 0
    assert Path("count").read_text() == "x"


def test_definitions_that_fail_fail_every_node_that_needs_them(shell: Shell) -> None:
    target = _notebook(
        "n.ipynb",
        PROJECT,
        "RATE = 1 / 0",
        LOAD,
        "%%odibi_node a\nload_sales.head(RATE)",
        "%%odibi_node b\nload_sales.tail(RATE)",
    )
    status, out, _ = shell("run", target, "--json")
    nodes = json.loads(out)["nodes"]
    assert status == 1
    assert [nodes[name]["error"]["cell"] for name in "ab"] == ["2", "2"]


def test_papermills_cell_lies_over_vars(shell: Shell) -> None:
    cells = [PROJECT, "min_amount = 180", LOAD, CLEAN]
    assert json.loads(shell("run", _notebook("n.ipynb", *cells), "--json")[1])["nodes"]["clean_sales"]["rows"] == 2
    injected = _notebook("m.ipynb", *cells, tags={1: ["injected-parameters"]})
    assert json.loads(shell("run", injected, "--json")[1])["nodes"]["clean_sales"]["rows"] == 1
    _, out, _ = shell("run", injected, "--json", "--param", "min_amount=0")
    assert json.loads(out)["nodes"]["clean_sales"]["rows"] == 3


def test_a_subset_computes_what_it_needs_and_writes_only_itself(shell: Shell) -> None:
    target = _notebook(
        "n.ipynb", PROJECT, LOAD + " --write local:copy.parquet", CLEAN, BY_REGION, "%%odibi_node other\nSELECT 1 AS x"
    )
    _, out, _ = shell("run", target, "by_region", "--json")
    data = json.loads(out)
    assert data["completed"] == ["load_sales", "clean_sales", "by_region"]
    assert data["written"] == ["by_region"]
    assert not Path("data/copy.parquet").exists()


def test_what_fails_for_want_of_a_definition_names_its_own_node_each_time(shell: Shell) -> None:
    bodies = [f"%%odibi_node {name}\ndef {name}():\n    return nosuchmod.frame()" for name in ("a", "b")]
    _, out, _ = shell("run", _notebook("n.ipynb", "import nosuchmod", *bodies), "--json", "--workers", "2")
    nodes = json.loads(out)["nodes"]
    assert [nodes[name]["error"]["cell"] for name in ("a", "b")] == ["1", "1"]
    _, out, _ = shell("run", "n.ipynb")
    assert [out.count(f"in node '{name}', cell 1") for name in ("a", "b")] == [1, 1]


@pytest.mark.parametrize("tags", [None, {1: ["parameters"]}])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_parameter_wins_over_a_variable_in_plain_code(
    shell: Shell, tags: dict[int, list[str]] | None, at: int
) -> None:
    cells = ["%%odibi_project\nvars: {least: 5}", "%%odibi_node orders\nSELECT unnest([4, 20, 80]) AS price"]
    cells.append("%%odibi_node cheap\norders[orders.price >= least]")
    cells.insert(at, "least = 50")
    target = _notebook("n.ipynb", *cells, tags=tags if at == 1 else None)
    rows = [json.loads(shell("run", target, "--json", *more)[1])["nodes"]["cheap"]["rows"] for more in ((), PARAM)]
    assert rows == [2, 1]
    out = shell("validate", target)[1]
    assert "note: cheap: 'least' is a variable of the notebook too; in nodes the parameter wins" in out
    assert "least = 50  (no node uses it)" in out


def test_a_list_can_be_given_for_a_run(shell: Shell) -> None:
    cells = ("%%odibi_project\nvars: {names: [c]}", "%%odibi_node n\nSELECT unnest($names) AS x")
    target = _notebook("n.ipynb", *cells)
    assert json.loads(shell("run", target, "--param", 'names=["a", b]', "--json")[1])["nodes"]["n"]["rows"] == 2
    status, _, err = shell("run", target, "--param", "names=ab")
    assert (status, err.split("\n")[0]) == (2, "error: parameter 'names' takes a list, not 'ab'")


def test_papermills_cell_is_not_left_out_for_its_values_reach_nodes(shell: Shell) -> None:
    cells = [
        "limit = 1\nshown = 5",
        "limit = 3\nnan = float('nan')",
        "%%odibi_node n\nSELECT unnest([1, 2, 3, 4]) AS x",
    ]
    cells += ["%%odibi_node top\nSELECT * FROM n WHERE x <= $limit", "%%odibi_node plain\nn[n.x <= limit]"]
    target = _notebook("n.ipynb", *cells, tags={0: ["parameters"], 1: ["injected-parameters"]})
    left_out = json.loads(shell("validate", target, "--json")[1])["left_out"]
    assert [(one["cell"], one["text"]) for one in left_out] == [
        ("1", "limit = 1"), ("1", "shown = 5"), ("2", "nan = float('nan')")
    ]  # fmt: skip
    nodes = json.loads(shell("run", target, "--json")[1])["nodes"]
    assert (nodes["top"]["rows"], nodes["plain"]["rows"]) == (3, 3)


SESSION = "a command of the session: "


@pytest.mark.parametrize(
    ("line", "reason", "is_said"),
    [
        ("%odibi params least=50 'names=[a, b]'", "give --param least=50 --param 'names=[a, b]'", True),
        ("%odibi params least=50 --ui +n", "give --param least=50", True),
        ("%odibi drop n", "delete the cell of the node instead", True),
        ("%odibi drop n small", "delete the cell of the expectation instead", True),
        ("%odibi drop n::t", "delete the cell of the test instead", False),
        ("%odibi rename n m", "write the new name into the cell of the node instead", True),
        ("%odibi reset", "delete the cells above it instead", True),
        (
            "%odibi use other.ipynb",
            "the nodes of other.ipynb are no part of this one's: copy their cells, or read what they write",
            True,
        ),
        ("%odibi set auto=off", "it is about cells and their cards", False),
    ],
)
def test_commands_that_a_headless_run_leaves_out_are_told(shell: Shell, line: str, reason: str, is_said: bool) -> None:
    target = _notebook("n.ipynb", "x = 1", "%%odibi_node n\nSELECT 1 AS x", f"\n{line}")
    out, told = shell("validate", target)[1], f"cell 3, line 2: {line}  ({SESSION}{reason})"
    assert f"what a headless run leaves out:\n  cell 1, line 1: x = 1  (no node uses it)\n  {told}" in out
    status, _, err = shell("run", target)
    assert (status, _notes(err)) == (0, [f"note: left out, {told}"] if is_said else [])


@pytest.mark.parametrize(
    "line",
    [
        *("params", "params --ui n", "status", "run --force", "drop n --undo", "pipeline p", 'show "n', "help"),
        *("use", "use n.ipynb", "use ./n.ipynb"),
    ],
)
def test_commands_that_only_look_are_none_of_them(shell: Shell, line: str) -> None:
    assert "leaves out" not in shell("validate", _notebook("n.ipynb", f"%odibi {line}"))[1]


@pytest.mark.parametrize("cell", ["%%odibi_sql --into raw\nSELECT 1 AS x", "%odibi_sql --into raw SELECT 1 AS x"])
@pytest.mark.parametrize("body", ["raw", "def n():\n    return raw"])
def test_a_variable_of_an_ad_hoc_query_is_told_where_nodes_use_it(shell: Shell, cell: str, body: str) -> None:
    target = _notebook("n.ipynb", cell, "%odibi_sql --into other SELECT 1", f"%%odibi_node n\n{body}")
    status, _, err = shell("run", target)
    assert status in (1, 2)
    assert "(nodes use 'raw', which only the session has: make the query a node)\n" in err
    assert err.count("note: left out") == 1


def test_two_cells_with_one_name_are_noted(shell: Shell) -> None:
    target = _notebook("n.ipynb", "%%odibi_node a\nSELECT 1 AS x", "%%odibi_node a\nSELECT 2 AS x")
    note = "cells 1 and 2 both declare 'a': that of cell 2 counts"
    assert f"note: a: {note}\n" in shell("validate", target)[1] + "\n"
    for command in ("run", "plan"):
        assert _notes(shell(command, target)[2]) == [f"note: {note}"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["%%odibi_node a --read local:nope.csv"], "nope.csv"),
        (["%%odibi_node a\nSELECT CAST('x' AS INT) AS y"], "Could not convert"),
        (["import sys", "%%odibi_node a\nsys.exit(0)"], "SystemExit"),
        (["%%odibi_node a --expect 'x > 1'\nSELECT 1 AS x"], "x > 1"),
    ],
)
def test_what_fails_in_a_node_is_status_1(shell: Shell, cells: list[str], said: str) -> None:
    status, out, _ = shell("run", _notebook("n.ipynb", PROJECT, *cells))
    assert status == 1
    assert said in out


REFUSED: list[tuple[list[str], list[str], str]] = [
    (["%%odibi_node a --read lokal:sales.csv"], [], "did you mean 'local'?"),
    (["%%odibi_node a --read local:sales.xyz"], [], "format"),
    (["%%odibi_node a\nSELECT * FROM b"], [], "not declared"),
    (["%%odibi_node a\nSELECT * FROM b", "%%odibi_node b\nSELECT * FROM a"], [], "circle"),
    (["%%odibi_node a\ntransform: {steps: [{function: nope}]}"], [], "not registered"),
    (["%%odibi_node a\nread: {connection: local, path: sales.csv, fromat: csv}"], [], "did you mean 'format'?"),
    (["%%odibi_node a\nSELECT $nope AS x"], [], "$nope"),
    (["%%odibi_node a\nSELEC 1"], [], "line 2"),
    (["%%odibi_node a\nSELECT 1 AS x"], ["--param", "nope=1"], "there is no parameter 'nope'"),
    (["%%odibi_node a\nSELECT 1 AS x"], ["b"], "matches no node"),
    (["%%odibi_node a\nSELECT 1 AS x"], ["--wokers", "2"], "did you mean '--workers'?"),
    (["%%odibi_node a\nSELECT 1 AS x"], ["--workers", "0"], "1 or more"),
    (["%%odibi_expect a rule\nSELECT * FROM a"], [], "expectation 'rule' is about 'a', which is not declared"),
    (["%%odibi_node a\nSELECT 1 AS x", "%%odibi_expect a rule\nSELECT *\nFRM a"], [], "line 3"),
    (["%%odibi_node a\nSELECT 1 AS x", "%%odibi_expect a rule\nFROM early"], [], "which 'a' doesn't depend on"),
    (["%%odibi_nod a\nSELECT 1 AS x"], [], "did you mean 'odibi_node'?"),
    (["frame = 1", "%%odibi_node a\nSELECT * FROM frame"], [], "make it a node"),
    (["%%odibi_node a\ndef a(most: int = 1):\n    return most"], ["--param", "most=x"], "'most'"),
    (["x = 1"], [], "there is no node to run"),
]


@pytest.mark.parametrize(("cells", "words", "said"), REFUSED)
def test_what_is_found_before_a_node_starts_is_status_2(
    shell: Shell, cells: list[str], words: list[str], said: str
) -> None:
    early = "%%odibi_node early --returns none\nopen('started', 'w')"
    extra = [early] if cells != ["x = 1"] else []
    target = _notebook("n.ipynb", PROJECT, *extra, *cells)
    status, out, err = shell("run", target, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert not Path("started").exists()


@pytest.mark.parametrize("command", ["run", "plan", "graph", "ls"])
def test_selecting_no_node_is_status_2(shell: Shell, sales: str, command: str) -> None:
    status, out, err = shell(command, sales, "clean_sales", "--exclude", "clean_sales")
    assert (status, out) == (2, "")
    assert "no node is selected: --exclude clean_sales leaves out all\n  hint: without it: clean_sales" in err


def test_a_value_set_in_a_shell_is_said_to_be_kept_nowhere(shell: Shell, sales: str) -> None:
    assert shell("params", sales)[2] == ""
    status, out, err = shell("params", sales, "min_amount=7")
    assert (status, "min_amount  7" in out) == (0, True)
    assert err.startswith("note: a shell keeps no values: give them to a run by --param k=v")


def test_status_and_ls_know_what_earlier_runs_have_left(shell: Shell, sales: str) -> None:
    shell("run", sales)
    status, out, err = shell("status", sales)
    assert (status, out.count("cached"), err) == (0, 3, "")
    assert shell("ls", sales, "state:stale")[0] == 2
    Path("data/sales.csv").write_text("region,amount\nN,150\n")
    assert shell("ls", sales, "state:stale")[1].split() == ["load_sales", "clean_sales", "by_region"]
    assert json.loads(shell("status", sales, "--json")[1])["nodes"]["by_region"]["status"] == "stale"


def test_what_has_failed_in_one_shell_can_be_selected_in_the_next(shell: Shell) -> None:
    target = _notebook("n.ipynb", PROJECT, LOAD, "%%odibi_node bad\nSELECT CAST(region AS INT) AS n FROM load_sales")
    assert shell("run", target)[0] == 1
    assert shell("ls", target, "state:failed")[1].split() == ["bad"]
    told = json.loads(shell("status", target, "--json")[1])["nodes"]["bad"]
    assert told["status"] == "failed"
    status, out, _ = shell("run", target, "state:failed")
    assert (status, "1 cached, 1 failed" in out) == (1, True)
    shell("store", target, "prune", "--all")
    assert shell("ls", target, "state:failed")[0] == 2


def test_status_in_json_has_reasons(shell: Shell) -> None:
    target = _notebook("n.ipynb", PROJECT, LOAD, "%%odibi_node late\nSELECT $x AS x", "%%odibi_node b\nSELECT * FROM c")
    nodes = json.loads(shell("status", target, "--json")[1])["nodes"]
    assert nodes["load_sales"] == {"status": "pending", "reason": ""}
    assert "$x" in nodes["late"]["reason"]
    assert nodes["b"]["reason"] == "waits for c"
    assert nodes["c"] == {"status": "unresolved", "reason": "not declared"}


def test_a_plan_in_json_says_that_a_run_refuses_to_start(shell: Shell, sales: str) -> None:
    assert json.loads(shell("plan", sales, "--json")[1])["notes"] == []
    target = _notebook("n.ipynb", PROJECT, LOAD, "%%odibi_node late\nSELECT $x AS x", "%%odibi_node b\nSELECT * FROM c")
    status, out, _ = shell("plan", target, "--json")
    note = "a run refuses to start: 'late': parameter $x has no value (and 1 more problem: %odibi validate)"
    assert (status, json.loads(out)["notes"]) == (0, [note])


def test_a_hint_names_a_command_as_a_shell_takes_it(shell: Shell, sales: str) -> None:
    target = _notebook("n.ipynb", PROJECT, "%%odibi_node a\nSELECT * FROM c", "%%odibi_node b\nSELECT * FROM c")
    status, out, err = shell("run", target, "--json")
    assert (status, "(and 1 more problem: odibi-nb validate TARGET)" in err) == (2, True)
    assert (
        json.loads(out)["error"]["hint"] == "declare it: %%odibi_node c (and 1 more problem: odibi-nb validate TARGET)"
    )


def test_a_missing_notebook_is_status_2_with_a_hint(shell: Shell, sales: str) -> None:
    status, _, err = shell("run", "sale.ipynb")
    assert status == 2
    assert "did you mean 'sales.ipynb'?" in err


def test_what_child_processes_print_is_no_part_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    body = "import os, sys\nsys.__stdout__.write('buffered')\nos.system('echo child')\nraise ValueError"
    target = _notebook("n.ipynb", f"%%odibi_node n --returns none\n{body}")
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", target, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["failed"] == ["n"]
    assert all(text in done.stderr for text in ("buffered", "child\n"))


def test_json_is_one_object_also_when_nothing_could_run(shell: Shell) -> None:
    target = _notebook("n.ipynb", "%%odibi_node load\nSELECT 1 AS x", "%%odibi_node a\nSELECT * FROM lod")
    status, out, err = shell("run", target, "--json")
    data = json.loads(out)
    assert status == 2
    assert data["status"] == "failed"
    assert data["error"]["type"] == "DependencyError"
    assert (data["error"]["cell"], data["error"]["line"]) == ("2", 2)
    assert data["error"]["hint"] == "did you mean 'load'?"
    assert err.startswith("error: ")


def test_a_failed_node_in_json_has_its_place(shell: Shell) -> None:
    target = _notebook(
        "n.ipynb",
        PROJECT,
        LOAD,
        "%%odibi_node a\nSELECT region,\n amuont FROM load_sales",
        "%%odibi_node b\nSELECT * FROM a",
    )
    status, out, _ = shell("run", target, "--json")
    data = json.loads(out)
    assert status == 1
    assert (data["status"], data["failed"], data["skipped"]) == ("failed", ["a"], ["b"])
    error = data["nodes"]["a"]["error"]
    assert set(error) == {"type", "message", "cell", "line", "hint"}
    assert (error["cell"], error["line"]) == ("3", 3)
    assert data["nodes"]["b"] == {"status": "skipped", "rows": None, "duration_s": 0.0, "schema": None, "error": None}


@pytest.mark.parametrize("given", ["code=00999", "code='00999'"])
def test_a_parameter_that_is_a_text_stays_one(shell: Shell, given: str) -> None:
    project = PROJECT.replace("min_amount: 100", "code: '00123', rate: 1")
    cell = "%%odibi_node n --write local:n.csv\nSELECT $code AS code, $rate * 2 AS doubled"
    target = _notebook("n.ipynb", project, cell)
    assert shell("run", target, "--param", given, "--param", "rate=0.5")[0] == 0
    assert Path("data/n.csv").read_text() == "code,doubled\n00999,1.0\n"


def test_validate_tells_of_sources_that_are_not_there(shell: Shell) -> None:
    project = (
        "%%odibi_project\nconnections: {local: {type: local, base_path: data}, off: {type: local, base_path: off}}"
    )
    cells = [
        "%odibi_node a --read local:salse.csv",
        "%odibi_node b --read off:*.csv",
        "%%odibi_node c --write local:c.csv\nSELECT * FROM 'none.csv', 'https://a.b/c.csv'",
        "%odibi_node d --read local:c.csv --depends-on c",
    ]
    target = _notebook("n.ipynb", project, *cells)
    status, out, _ = shell("validate", target)
    told = [line.removeprefix("note: ").partition(" in ")[0] for line in out.splitlines() if line.startswith("note: ")]
    assert status == 0
    assert told[:2] == ["a: 'salse.csv' is not", "b: no file matches '*.csv'"]
    assert told[2:] == [f"c: there is no file '{Path('none.csv').absolute()}'; its run would fail"]
    assert "(did you mean 'sales.csv'?); its run would fail" in out


def test_validate_reports_every_problem(shell: Shell) -> None:
    target = _notebook("n.ipynb", "%%odibi_node a\nSELECT * FROM nope", "%%odibi_node b --read local:x.csv")
    status, out, _ = shell("validate", target)
    assert status == 2
    assert "2 nodes, 2 errors" in out


BROKEN = [
    "%%odibi_node load --raed local:sales.csv",
    "%%odibi_node clean\ndef clean(load)\n    return load",
    "%%odibi_node total\nSELECT * FROM CLEAN JOIN nope USING (x)",
    "%odibi_node one --read local:sales.csv\n%odibi_node two --red local:sales.csv\n%odibi_node three --rea local:x",
    "%%odibi_nod late\nSELECT 1 AS x",
    "%%odibi_node after\nlate.merge(one)",
    "%%odibi_test clean t\ngiven: {load: [{x: 1}]}\nexpect: {count: 1}",
    "%%odibi_expect clean small\nSELECT * FROM clean",
    "%%odibi_expect clean",
]


def test_validate_goes_on_past_cells_that_can_not_be_read(shell: Shell) -> None:
    target = _notebook("n.ipynb", PROJECT, *BROKEN)
    status, out, _ = shell("validate", target)
    assert status == 2
    assert "3 nodes, 7 errors" in out
    assert "3 | %odibi_node three --rea local:x" in out
    data = json.loads(shell("validate", target, "--json")[1])
    assert not data["valid"]
    assert [(error["node"], error["cell"], error["line"]) for error in data["errors"]] == [
        ("load", "2", 1), ("clean", "3", 2), ("total", "4", 2), ("two", "5", 2), ("three", "5", 3), ("late", "6", 1),
        ("clean", "10", 1),
    ]  # fmt: skip
    assert all(error["message"] for error in data["errors"])
    assert [error["hint"] for error in data["errors"]][:3:2] == [
        "did you mean '--read'?",
        "declare it: %%odibi_node nope",
    ]
    assert "'nope'" in data["errors"][2]["message"]


def test_validate_blames_a_projects_broken_cell_alone_for_what_it_would_have_said(shell: Shell) -> None:
    cells = [
        PROJECT.replace("vars:", "vras:"),
        "%%odibi_node load --read local:sales.csv",
        "%%odibi_node small\ndef small(load, min_amount):\n    return load",
        "%%odibi_node big\nSELECT * FROM load WHERE amount > $min_amount",
        "%%odibi_node other\nread: {connection: local, path: '${vars.file}'}",
        "%%odibi_node reader\nSELECT * FROM other, nope",
    ]
    status, out, _ = shell("validate", _notebook("n.ipynb", *cells))
    assert status == 2
    assert "2 errors" in out
    assert "unknown key 'vras'" in out
    assert "reads 'nope'" in out
    assert "note: connections and parameters can be checked once" in out


@pytest.mark.parametrize("command", ["run", "graph", "test"])
def test_every_other_command_stops_at_the_first_broken_cell(shell: Shell, command: str) -> None:
    status, out, err = shell(command, _notebook("n.ipynb", PROJECT, *BROKEN))
    assert (status, out) == (2, "")
    assert err.count("error:") == 1
    assert "in node 'load', cell 2" in err


def test_graph_in_every_format(shell: Shell, sales: str) -> None:
    assert "← clean_sales" in shell("graph", sales)[1]
    assert shell("graph", sales, "--format", "svg")[1].startswith("<svg")
    assert shell("graph", sales, "--format", "dot")[1].startswith("digraph")
    assert "n_load_sales --> n_clean_sales" in shell("graph", sales, "--format", "mermaid")[1]
    data = json.loads(shell("graph", sales, "--json")[1])
    assert data == json.loads(shell("graph", sales, "--format", "json")[1])
    assert data["edges"] == [["load_sales", "clean_sales"], ["clean_sales", "by_region"]]


def test_graph_claims_no_status_where_nothing_tells_it(shell: Shell, sales: str) -> None:
    shell("run", sales)
    lines = shell("graph", sales)[1].splitlines()
    assert lines[0] == "sales: 3 nodes"
    assert [line.split()[0] for line in lines[1:]] == ["load_sales", "clean_sales", "by_region"]
    for form in ("dot", "mermaid", "json"):
        assert "pending" not in shell("graph", sales, "--format", form)[1]
    svg = shell("graph", sales, "--format", "svg")[1]
    assert (svg.count('data-status=""'), svg.count("pending</text>"), svg.count("source</text>")) == (3, 0, 1)
    assert '("load_sales")' in shell("graph", sales, "--format", "mermaid")[1]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_or_told_to_end_is_status_130(folder: Path, ending: signal.Signals) -> None:
    target = _notebook(
        "n.ipynb",
        "%%odibi_node first\nimport pandas as pd\npd.DataFrame({'x': [1]})",
        "%%odibi_node slow --depends-on first\n"
        "SELECT count(*) AS n FROM range(100000000000) t(i) WHERE hash(i) % 7 = 3",
        "%%odibi_node after\nSELECT * FROM slow",
    )
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", target, "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith("✓ completed first"):
        assert line
    time.sleep(0.5)  # the query begins
    process.send_signal(ending)
    out, _ = process.communicate(timeout=30)
    data: dict[str, Any] = json.loads(out)
    assert process.returncode == 130
    assert (data["status"], data["cancelled"]) == ("cancelled", ["slow", "after"])
    assert Path(data["story"]).is_file()


def test_a_run_shows_how_it_went_before_everything_is_kept_and_ctrl_c_ends_the_waiting(folder: Path) -> None:
    lines = "".join(f"{row},region {row % 7},1\n" for row in range(3_000_000))
    (folder / "data" / "large.csv").write_text(f"id,region,amount\n{lines}")
    read = "{connection: local, path: large.csv}"
    Path("odibi.yaml").write_text(
        "connections: {local: {type: local, base_path: ./data}}\n"
        f"pipelines: [{{pipeline: p, nodes: [{{name: load, read: {read}}}, {{name: n, depends_on: [load],"
        " transform: {steps: [{sql: SELECT max(id) AS most FROM load}]}}]}]\n"
    )
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", ".", "--force", "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=env, capture_output=True, check=True)
    # A second run that parses the same file has it kept, which takes longer than the run.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["completed"] == ["load", "n"]
        time.sleep(0.2)  # until it waits
        while not list((folder / ".odibi").rglob("*.part")) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert _notes(err) == ["note: interrupted, not everything is kept for the next time"]
    assert not list((folder / ".odibi").rglob("*.part"))


def test_a_transforms_module_that_exits_is_no_success(shell: Shell, project: str) -> None:
    Path("transforms.py").write_text("import sys\nsys.exit(0)\n")
    status, _, err = shell("run", project)
    assert status == 2
    assert "exit(0)" in err


def test_bare_and_help_show_the_commands(shell: Shell) -> None:
    assert shell()[1] == shell("--help")[1]
    assert "validate" in shell()[1]


def test_an_unknown_command_suggests(shell: Shell) -> None:
    status, _, err = shell("ruin", "x.ipynb")
    assert status == 2
    assert "did you mean 'run'?" in err


@pytest.mark.parametrize(
    ("word", "meant"), [("build", "run"), ("docs", "story"), ("lint", "validate"), ("why", "plan")]
)
def test_a_command_of_another_tool_suggests_ours(shell: Shell, word: str, meant: str) -> None:
    status, _, err = shell(word, "x.ipynb")
    assert (status, f"did you mean '{meant}'?" in err) == (2, True)


def test_a_target_is_asked_for(shell: Shell) -> None:
    assert "TARGET is missing" in shell("run")[2]


def test_a_target_is_asked_for_by_the_only_one_there_is(shell: Shell) -> None:
    _notebook("may sales.ipynb", PROJECT)
    assert "; here `odibi-nb run 'may sales.ipynb' --force`" in shell("run", "--force")[2]
    _notebook("june.ipynb", PROJECT)
    assert "here" not in shell("plan")[2]
    assert "give a notebook, a YAML file or a project folder" in shell("plan", "by_region")[2]
    Path("odibi.yaml").touch()
    assert "[options]; here `odibi-nb plan .`" in shell("plan")[2]
    assert "TARGET comes first: `odibi-nb plan . by_region`" in shell("plan", "by_region")[2]


def test_the_version(shell: Shell) -> None:
    import odibi_nb

    assert shell("--version")[1] == f"odibi-nb {odibi_nb.__version__}\n"


def test_validate_tells_of_injected_values_that_can_not_be_taken(shell: Shell) -> None:
    target = _notebook("n.ipynb", "%%odibi_node sales\nSELECT 1 AS a", "sales = 5", tags={1: ["injected-parameters"]})
    status, out, _ = shell("validate", target)
    assert status == 2
    assert "'sales' is a node already" in out


def test_states_are_not_asked_of_what_executes_nothing(shell: Shell, sales: str) -> None:
    status, out, said = shell("graph", sales, "-s", "+state:modified")
    assert (status, out) == (2, "")
    assert "hint: odibi-nb ls and plan know states" in said


def test_inputs_for_parameters_are_for_notebooks(shell: Shell) -> None:
    status, out, err = shell("params", _notebook("n.ipynb", "%%odibi_node n\nSELECT 1 AS x"), "--ui")
    assert (status, out) == (2, "")
    assert err.startswith("error: --ui makes inputs, which only a notebook has")


def test_a_terminal_says_that_results_are_being_kept(tmp_path: Path) -> None:
    # A picture of the graph for the story may take longer than the keeping.
    project = "%%odibi_project\nstory: {auto_generate: false}"
    cells = [project, "%%odibi_node wide\nSELECT i, md5(i::VARCHAR) AS h FROM range(1000000) AS r(i)"]
    nbformat.write(nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)]), tmp_path / "nb.ipynb")
    terminal, stderr = os.openpty()
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", "nb.ipynb"]
    env = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=stderr, env=env) as process:
        os.close(stderr)
        shown = b""
        while part := _read(terminal):
            shown += part
        assert process.wait(60) == 0
    assert shown.decode().endswith("keeping results for the next run …\r\x1b[2K")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # all that write to it have ended
        return b""

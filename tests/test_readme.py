"""What the README says is what the package does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from odibi_nb.commands.shell import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCKS if found == language]


def rows(heading: str) -> dict[str, list[str]]:
    """Return the table below the line that starts with `| heading |`: its first cells' code → the other cells."""
    lines = README.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return {first.strip("| `"): rest for first, *rest in table}


def steady(text: str) -> str:
    """Take times, the padding that depends on them, and the ids of runs out of a text."""
    text = re.sub(r"(?<=story show )[0-9a-f]{8}", "RUN", text)
    return re.sub(r"[ ─]+", " ", re.sub(r"<?\d+(\.\d+)? (ms|s)\b|\b\d\d:\d\d\b", "TIME", text)).strip()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the README's data."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sales.csv").write_text(blocks("csv")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_blocks_run_one_after_the_other(folder: Path) -> None:
    program = "\n".join([*blocks("python"), "print(*results.completed)"])
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == ["load_sales", "clean_sales", "save_cleaned"]
    assert (folder / "data/cleaned_sales.parquet").is_file()


def test_the_cells_run_and_show_what_the_readme_shows(folder: Path) -> None:
    cells = [nbformat.v4.new_code_cell(block.rstrip("\n")) for block in blocks("ipython")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    shown = [
        steady(output["data"]["text/plain"])
        for cell in notebook.cells
        for output in cell.outputs
        if "text/plain" in output.get("data", {})
    ]
    for block in blocks("text")[:3]:
        assert steady(block) in shown
    assert (folder / "data/by_region.parquet").is_file()


def test_the_error_shown_is_the_one_that_comes(folder: Path) -> None:
    from odibi_nb.exceptions import OdibiException
    from odibi_nb.workspaces.headless import load_target

    source = "%%odibi_node by_region\nSELECT region, sum(amont) AS total\nFROM load_sales\nGROUP BY region"
    cells = [nbformat.v4.new_code_cell(text.rstrip("\n")) for text in [*blocks("ipython")[:3], source]]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "wrong.ipynb")
    with pytest.raises(OdibiException) as caught:
        load_target(folder / "wrong.ipynb").workspace.run()
    assert f"TransformError: {caught.value}".replace(f"{folder}/wrong.ipynb, ", "") == blocks("text")[3].rstrip("\n")


def test_the_project_file_runs_by_the_commands_below_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, tests = (next(one for one in blocks("yaml") if one.startswith(key)) for key in ("project:", "mocks:"))
    (folder / "odibi.yaml").write_text(project + tests, "utf-8")
    commands = next(block for block in blocks("sh") if "odibi-nb run ." in block).splitlines()
    assert len(commands) == 5
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "odibi-nb"
        assert main(words) == 0, command
    assert main(["test", "."]) == 0
    assert (folder / "data/by_region.csv").read_text().startswith("region,total\n")


def test_the_set_up_commands_are_what_ci_runs() -> None:
    ci = (ROOT / ".ci/run").read_text("utf-8")
    commands = [line for block in blocks("sh") for line in block.splitlines() if not line.startswith("odibi-nb run")]
    assert {"pip install .", "odibi-nb demo", 'pip install -e ".[test]"', "pytest -n 3 --dist loadfile"} <= set(
        commands
    )
    assert re.search(r'pip" install -q \.(\s|$)', ci)
    assert re.search(r'pip" install -q -e "\.\[test\]"', ci)
    assert "odibi-nb demo" in ci
    assert "pytest -n 3 --dist loadfile" in ci


def test_the_table_of_commands_is_the_command_table() -> None:
    from odibi_nb.commands.table import COMMANDS

    assert rows("command") == {row.name: [", ".join(row.doors), row.summary] for row in COMMANDS.values()}


def test_the_table_of_options_is_that_of_the_node_line() -> None:
    from odibi_nb.cells.options import NODE_LINE

    table = {spelled.split()[0]: (spelled, text) for spelled, (text,) in rows("option").items()}
    assert list(table) == [option.name for option in NODE_LINE.options]
    for option in NODE_LINE.options:
        spelled, text = table[option.name]
        assert text.removesuffix(" (not built yet)") == option.help
        assert spelled == (f"{option.name} {option.metavar}" if option.takes in ("one", "many") else option.name)


def test_formats_connections_modes_and_operations_are_those_there_are() -> None:
    from odibi_nb.config import WriteMode
    from odibi_nb.config.connections import connection_configs
    from odibi_nb.config.unbuilt import UNBUILT_VALUES
    from odibi_nb.formats import format_names, get_format
    from odibi_nb.sql.operations import OPERATIONS

    formats = rows("format")
    assert set(formats) == set(format_names())
    assert all(set(cells[0].split()) == set(get_format(name).extensions) for name, cells in formats.items())
    assert set(rows("connection")) == set(connection_configs())
    assert set(rows("mode")) == {str(mode) for mode in WriteMode} - UNBUILT_VALUES["WriteMode"]
    for name, (parameters,) in rows("operation").items():
        assert set(re.findall(r"`(\w+)`", parameters)) <= set(re.findall(r"\w+", OPERATIONS[name].signature))
    assert set(rows("operation")) == set(OPERATIONS)


def test_an_expectation_means_what_stands_beside_it() -> None:
    from odibi_nb.cells.expectations import parse_expectation
    from odibi_nb.project_file import parse_yaml

    for text, (test,) in rows("`--expect`").items():
        assert parse_expectation(text.split("`")[0]) == parse_yaml(test.strip("` ")).data


def test_the_keys_of_a_unit_test_are_those_it_takes() -> None:
    from odibi_nb.config.node_tests import NodeTestConfig

    assert list(rows("key")) == list(NodeTestConfig.model_fields)


def test_a_unit_test_that_fails_is_seen_in_both_doors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PYTEST_ADDOPTS", "-p no:nbmake -p no:nbval -p no:hypothesispytest"
    )  # slow to load, and not asked
    texts = blocks("ipython")
    (at,) = (at for at, text in enumerate(texts) if text.startswith("%%odibi_test by_region sums"))
    for total, status in ((12, 0), (13, 1)):
        changed = [*texts[:at], texts[at].replace("12", str(total)), *texts[at + 1 :]]
        cells = [nbformat.v4.new_code_cell(text.rstrip("\n")) for text in changed]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "notebook.ipynb")
        commands = next(block for block in blocks("sh") if "odibi-nb test" in block).splitlines()
        for command in commands:
            program, *words = shlex.split(command)
            module = {"odibi-nb": "odibi_nb.commands.shell", "pytest": "pytest"}[program]
            assert subprocess.run([sys.executable, "-m", module, *words], check=False).returncode == status, command


def test_the_types_are_those_of_the_type_table() -> None:
    from odibi_nb.engine import types

    assert types.__doc__ is not None
    for cells in rows("DuckDB").values():
        for name in re.findall(r"[a-z]+\d+\[[a-z]+\]|decimal128\(p, s\)\[pyarrow\]|date32", " ".join(cells)):
            assert name in types.__doc__


@pytest.mark.parametrize(
    "said",
    [
        "pip install pytest",
        "`import odibi_nb`, `odibi_nb.workspace()",
        "`expect: {count: 2}`",
        "In[4]",
        "`injected-parameters`",
    ],
)
def test_what_a_new_user_missed_is_said(said: str) -> None:
    assert said in README


def test_what_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    for name in re.findall(r"`([a-z_]+(?:\.py)?)`", " ".join(rows("package"))):
        assert (ROOT / "odibi_nb" / name).exists(), name


def test_the_readme_names_no_host() -> None:
    assert "://" not in README

"""A real kernel: each bad cell ends in one short error at its own line, and the kernel goes on."""

import nbclient
import nbformat
import pytest

from .projects import GOOD, PROJECT_CELL, notebook, place

DEEP = "id,code\n" + "".join(f"{number},{number}\n" for number in range(150_000)) + "7,n/a\n"

CELLS = {
    "load_ext": "%load_ext odibi_nb",
    "project": PROJECT_CELL,
    "load": "%%odibi_node load --read local:sales.csv",
    "misspelt option": "%%odibi_node bad --raed local:sales.csv",
    "misspelt key": "%%odibi_node bad\nread: {connection: local, path: sales.csv, fromat: csv}",
    "yaml tab": "%%odibi_node bad\nread:\n\tconnection: local",
    "unknown connection": "%%odibi_node bad --read locl:sales.csv",
    "unknown format": "%%odibi_node bad --read local:sales.csv --format cvs",
    "missing file": "%%odibi_node gone --read local:saels.csv",
    "ragged": "%%odibi_node ragged --read local:ragged.csv",
    "outside": "%%odibi_node outside --read local:../sales.csv",
    "sql syntax": "%%odibi_node broken\nSELECT id\nWERE id > 1\nFROM load",
    "sql column": "%%odibi_node wrong\nSELECT id,\n  regoin\nFROM load",
    "python line 4": "%%odibi_node raising\ndef raising(load):\n    limit = 2\n    raise ValueError('2 is too much')",
    "python column": "%%odibi_node lacking\ndef lacking(load):\n    return load[load['regoin'] > 1]",
    "python syntax": "%%odibi_node unparsed\ndef unparsed(load):\n    return load load",
    "scalar": "%%odibi_node scalar\nload.id.sum()",
    "none": "%%odibi_node nothing\ndef nothing(load):\n    load.drop(columns='id')",
    "doubled columns": "%%odibi_node doubled\nimport pandas as pd\npd.concat([load, load], axis=1)",
    "pending": "%%odibi_node waits\nSELECT * FROM nowhere",
    "cycle 1": "%%odibi_node ring_a\nSELECT * FROM ring_c",
    "cycle 2": "%%odibi_node ring_b\nSELECT * FROM ring_a",
    "cycle 3": "%%odibi_node ring_c\nSELECT * FROM ring_b",
    "case": "%%odibi_node LOAD --read local:sales.csv",
    "command": "%odibi rnu",
    "selector": "%odibi run laod",
    "date": "%%odibi_node dated\nfrom datetime import date\nload.assign(day=date(2024, 2, 29))",
    "index": "%%odibi_node grouped\nload.groupby('region').sum()",
    "script": "%%odibi_node script\nSELECT '<script>alert(1)</script>' AS a, 'it''s \"q\"' AS b, '</td>' AS \"<b>\"",
    "big value": "%%odibi_node big\nSELECT repeat('x', 5000000) AS text",
    "wide": "%%odibi_node wide\nimport pandas as pd\npd.DataFrame({f'column_{n}': [n] for n in range(5000)})",
    "no-run": "%%odibi_node vanishing --no-run --read local:vanishing.csv",
    "vanish": "import pathlib; pathlib.Path('data/vanishing.csv').unlink()",
    "run vanished": "%odibi run vanishing",
    "deep": "%%odibi_node coded --read local:deep.csv --option all_varchar=true",
    "preview": "%%odibi_node cast --write local:out.parquet\nSELECT id, CAST(code AS INT) AS code FROM coded",
    "run deep": "%odibi run cast",
    "still there": "%%odibi_node after\nSELECT count(*) AS rows_left FROM load",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernel")
    files = {
        "sales.csv": GOOD,
        "ragged.csv": GOOD + "3\n",
        "vanishing.csv": GOOD,
        "deep.csv": DEEP,
        "out.parquet": "old",
    }
    place(path, files)
    return path


@pytest.fixture(scope="module")
def outputs(folder):
    """The outputs of each cell, by its key in CELLS."""
    document = nbformat.from_dict({**notebook(list(CELLS.values())), "metadata": {}})
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(
        document, kernel_name="python3", allow_errors=True, timeout=300, startup_timeout=300, resources=resources
    ).execute()
    return {name: cell["outputs"] for name, cell in zip(CELLS, document.cells, strict=True)}


def error_of(outputs, name):
    """The one error of a cell, as the front end shows it."""
    errors = [output for output in outputs[name] if output["output_type"] == "error"]
    assert len(errors) == 1, outputs[name]
    text = "\n".join(errors[0]["traceback"])
    assert "Traceback" not in text
    assert "odibi_nb/" not in text
    assert len(text.splitlines()) <= 8
    return text


def label(name):
    return f"cell {list(CELLS).index(name) + 1}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("misspelt option", ("unknown option --raed", "did you mean '--read'?")),
        ("misspelt key", ("unknown key 'fromat'", "line 2", "did you mean 'format'?")),
        ("yaml tab", ("a tab in the indentation", "line 3", "spaces, not tabs")),
        ("unknown connection", ("connection 'locl' is not configured", "did you mean 'local'?")),
        ("unknown format", ("format 'cvs' is not known", "did you mean 'csv'?")),
        ("missing file", ("saels.csv", "did you mean 'sales.csv'")),
        ("ragged", ("the row has 1 field, the header has 2", "ragged.csv", "line 4")),
        ("outside", ("lies outside of", "configure another connection")),
        ("sql syntax", ("syntax error", "line 3", "WERE id > 1", "did you mean 'WHERE'?")),
        ("sql column", ("regoin", "line 3", "did you mean 'region'?")),
        ("python line 4", ("ValueError", "2 is too much", "line 4", "raise ValueError")),
        ("python column", ("KeyError", "regoin", "line 3", "did you mean 'region'?")),
        ("python syntax", ("invalid syntax", "line 3", "return load load")),
        ("scalar", ("where a frame is needed", "--returns object")),
        ("none", ("returned None", "--returns object")),
        ("doubled columns", ("two columns are named 'id'",)),
        ("cycle 3", ("in a circle: ", "ring_a", "ring_b", "ring_c")),
        ("case", ("differ only in case", "rename one of them")),
        ("command", ("rnu", "did you mean 'run'?")),
        ("selector", ("laod", "did you mean 'load'?")),
        ("run vanished", ("vanishing.csv", "  hint: ")),
        ("run deep", ("'n/a'", "node 'cast'", "TRY_CAST")),
    ],
)
def test_a_bad_cell_ends_in_one_short_error(outputs, name, expected):
    text = error_of(outputs, name)
    for part in expected:
        assert part in text


@pytest.mark.parametrize(
    "name", ["sql syntax", "sql column", "python line 4", "python column", "scalar", "misspelt key"]
)
def test_the_error_names_its_cell(outputs, name):
    assert label(name) in error_of(outputs, name)


def shown(outputs, name, kind="text/plain"):
    """What a cell displays."""
    bundles = [output["data"] for output in outputs[name] if output["output_type"] == "display_data"]
    assert bundles, outputs[name]
    assert not [output for output in outputs[name] if output["output_type"] == "error"]
    return bundles[-1][kind]


def test_a_cell_may_begin_with_an_import(outputs):
    assert "2024-02-29" in shown(outputs, "date")


def test_a_named_index_is_a_column(outputs):
    assert "region" in shown(outputs, "index")


def test_an_undeclared_name_is_waited_for(outputs):
    assert "waits for nowhere" in shown(outputs, "pending")


def test_data_is_escaped(outputs):
    html = shown(outputs, "script", "text/html")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)</script>" in shown(outputs, "script")


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_a_value_of_5_megabytes_is_cut_on_the_card(outputs, kind):
    assert "xxxx" in shown(outputs, "big value", kind)
    assert "x" * 61 not in shown(outputs, "big value", kind)


def test_5_000_columns_show_20_and_count_the_rest(outputs):
    assert "column_19" in shown(outputs, "wide")
    assert "column_20" not in shown(outputs, "wide")
    assert "+4,980 columns" in shown(outputs, "wide")


def test_a_bad_cast_deep_in_a_file_passes_the_preview_and_says_that_it_is_one(outputs, folder):
    card = shown(outputs, "preview")
    assert "rows not all checked" in card
    assert (folder / "data" / "out.parquet").read_text() == "old"


def test_the_kernel_goes_on(outputs):
    assert "rows_left" in shown(outputs, "still there")

"""What is wrong with a declaration is one error before any node starts: exit status 2, from `run` and `validate`."""

import pytest

from .projects import GOOD, copy, source, sql

LOAD = source("sales.csv")
LOAD_CELL = "%%odibi_node load --read local:sales.csv"
CYCLE = [sql("SELECT * FROM c", name="a"), sql("SELECT * FROM a", name="b"), sql("SELECT * FROM b", name="c")]


def refused(target, *expected):
    """Both commands say the same, and nothing was written."""
    before = target.listing()
    for outcome in (target.run(), target.validate()):
        text = outcome.failure(2)
        assert "  hint: " in text
        for part in expected:
            assert part in text
    assert target.listing() == before


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param(
            [{"name": "load", "raed": {"connection": "local", "path": "sales.csv"}}],
            ("unknown key 'raed'", "odibi.yaml, line ", "key pipelines[0].nodes[0].raed", "did you mean 'read'?"),
            id="misspelt key",
        ),
        pytest.param(
            [source("sales.csv", fromat="csv")],
            ("unknown key 'fromat'", "key pipelines[0].nodes[0].read.fromat", "did you mean 'format'?"),
            id="misspelt nested key",
        ),
        pytest.param(
            [LOAD, sql("SELECT * FROM laod", "out.csv")],
            ("node 'out' reads 'laod', which is not declared", "did you mean 'load'?"),
            id="missing dependency in SQL",
        ),
        pytest.param(
            [LOAD, sql("SELECT * FROM df", "out.csv", depends_on=["laod"])],
            ("node 'out' reads 'laod', which is not declared", "did you mean 'load'?"),
            id="missing dependency in depends_on",
        ),
        pytest.param(CYCLE, ("in a circle: a -> b -> c -> a", "in node 'c'", "line "), id="cycle of 3"),
        pytest.param([LOAD, LOAD], ("two nodes are named 'load'", "odibi.yaml, line "), id="duplicate name"),
        pytest.param(
            [LOAD, source("sales.csv", name="Load")],
            ("'Load' and 'load' differ only in case", "in node 'Load'"),
            id="names differing in case",
        ),
        pytest.param(
            [{"name": "load", "read": {"connection": "locl", "path": "sales.csv"}}],
            ("connection 'locl' is not configured; there are: local", "in node 'load'", "did you mean 'local'?"),
            id="connection not configured",
        ),
        pytest.param(
            [source("sales.csv", format="cvs")],
            ("format 'cvs' is not known", "in node 'load'", "did you mean 'csv'?"),
            id="unknown format",
        ),
        pytest.param(
            [source("sales.foo")],
            ("the format of 'sales.foo' is not known", "set format: csv, "),
            id="extension of no format",
        ),
        pytest.param(
            [LOAD, copy(), sql("SELECT 1 AS id", "out.csv", name="again")],
            ("nodes 'out' and 'again' both write local:out.csv",),
            id="two nodes, one target",
        ),
        pytest.param(
            [LOAD, sql("SELECT id\nFROM load\nWERE id > 1", "out.csv")],
            ("syntax error", "did you mean 'WHERE'?"),
            id="SQL syntax",
        ),
    ],
)
def test_a_project_file_is_refused(project, nodes, expected):
    refused(project(nodes, files={"sales.csv": GOOD}), *expected)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param(
            ["%%odibi_node load --raed local:sales.csv"],
            ("unknown option --raed", "cell 2, ", "line 1", "did you mean '--read'?"),
            id="misspelt option",
        ),
        pytest.param(
            ["%%odibi_node load\nread: {connection: local, path: sales.csv, fromat: csv}"],
            ("unknown key 'fromat'", "node 'load', cell 2, ", "line 2, key read.fromat"),
            id="misspelt key in a YAML body",
        ),
        pytest.param(
            ["%%odibi_node load\nraed: {connection: local}\n---\nSELECT 1 AS id"],
            ("unknown key 'raed'", "cell 2, ", "line 2, key raed", "did you mean 'read'?"),
            id="misspelt key in a header",
        ),
        pytest.param(
            [LOAD_CELL, "%%odibi_node out\nSELECT *\nFROM laod"],
            ("'laod', which is not declared (FROM, line 3)", "node 'out', cell 3", "did you mean 'load'?"),
            id="missing dependency in SQL",
        ),
        pytest.param(
            [LOAD_CELL, "%%odibi_node out\ndef out(laod):\n    return laod"],
            ("'laod', which is not declared (parameter laod)", "cell 3", "did you mean 'load'?"),
            id="missing dependency in a function",
        ),
        pytest.param(
            [f"%%odibi_node {name}\nSELECT * FROM {upstream}" for name, upstream in ("ac", "ba", "cb")],
            ("in a circle: a -> b -> c -> a", "in node 'c', cell 4", "line 2\n  2 | SELECT * FROM b"),
            id="cycle of 3",
        ),
        pytest.param(
            [LOAD_CELL, "%%odibi_node Load --read local:sales.csv"],
            ("'Load' and 'load' differ only in case", "node 'Load', cell 3"),
            id="names differing in case",
        ),
        pytest.param(
            ["%%odibi_node load --read locl:sales.csv"],
            ("connection 'locl' is not configured", "cell 2", "did you mean 'local'?"),
            id="connection not configured",
        ),
        pytest.param(
            ["%%odibi_node load --read local:sales.csv --format cvs"],
            ("format 'cvs' is not known", "cell 2", "did you mean 'csv'?"),
            id="unknown format",
        ),
        pytest.param(
            [LOAD_CELL, "%%odibi_node out --write local:out.csv\nSELECT id\nWERE id > 1\nFROM load"],
            ("syntax error", "node 'out', cell 3", "line 3", "3 | WERE id > 1", "did you mean 'WHERE'?"),
            id="SQL syntax in line 3 of the cell",
        ),
        pytest.param(
            ["%%odibi_node load\nread:\n\tconnection: local"],
            ("a tab in the indentation", "cell 2", "line 3", "spaces, not tabs"),
            id="YAML tab",
        ),
        pytest.param(["%%odibi_node sales-2 --read local:sales.csv"], ("cell 2", "call it 'sales_2'"), id="a dash"),
        pytest.param(["%%odibi_node 🐍 --read local:sales.csv"], ("not '🐍'", "such as load_sales"), id="emoji name"),
        pytest.param(["%%odibi_node"], ("NAME is missing", "cell 2", "usage: "), id="no name"),
        pytest.param(
            [LOAD_CELL, "%%odibi_node out\r\nSELECT id\r\nFROM load\r\nWERE id > 1\r\n"],
            ("cell 3", "line 4", "4 | WERE id > 1\n", "did you mean 'WHERE'?"),
            id="CRLF in a cell",
        ),
    ],
)
def test_a_notebook_is_refused_at_its_cell(cells, declared, expected):
    refused(cells(*declared, files={"sales.csv": GOOD}), *expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("project: p\npipelines:\n\t- pipeline: q\n", ("a tab in the indentation", "line 3"), id="tab"),
        pytest.param("project: a\0b\n", ("control characters are not allowed", "line 1"), id="NUL"),
        pytest.param("x", ("a project file is a mapping", "line 1"), id="no mapping"),
        pytest.param("", ("the file is empty",), id="empty"),
        pytest.param("project: café\n".encode("latin-1"), ("is not UTF-8 text",), id="latin-1"),
        pytest.param("project: " + "[" * 5_000 + "]" * 5_000, ("levels deep",), id="nested 5,000 deep"),
        pytest.param(
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{to}: &{to} [{', '.join([f'*{of}'] * 10)}]\n" for of, to in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            ("stand for more than 1,000,000 values", "line "),
            id="bomb",
        ),
    ],
)
def test_a_file_that_is_no_project_is_refused(project, text, expected):
    target = project([])
    target.path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(target, *expected)


def test_a_project_file_may_begin_with_a_byte_order_mark_and_end_its_lines_as_windows_does(project):
    target = project([source("sales.csv"), copy()], files={"sales.csv": GOOD})
    text = target.path.read_bytes().replace(b"\n", b"\r\n")
    target.path.write_bytes(b"\xef\xbb\xbf" + text)
    target.run().success()
    assert target.text() == GOOD


def test_json_is_one_object_also_when_nothing_could_start(project):
    outcome = project([source("sales.csv", fromat="csv")]).run("--json")
    assert outcome.status == 2
    assert outcome.data

"""Files that are missing, empty, damaged or of another kind than they say: the node fails, the rest goes on."""

import json

import pandas as pd
import pytest

from .doors import without_root_powers
from .projects import FUNCTIONS, GOOD, copy, python, source, sql

DEEP = GOOD + "3,N\n" * 50_000


def failure(target, *expected, node="load", options=()):
    """The node fails by one error; the old target is untouched and nothing was left beside it."""
    before = {name: (target.data / name).read_bytes() for name in target.listing() if (target.data / name).is_file()}
    text = target.run(*options).failure(1)
    assert f"\n{node}\n" in text
    for part in expected:
        assert part in text
    assert {name: (target.data / name).read_bytes() for name in target.listing() if name in before} == before
    assert [name for name in target.listing() if name not in before and (target.data / name).is_file()] == []
    return text


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.csv", "", ("the CSV file is empty", "line of column names"), id="empty CSV"),
        pytest.param("a.csv", "\n\n", ("column names is blank", "line 1"), id="blank CSV"),
        pytest.param("a.csv", GOOD + "3,E,x\n", ("3 fields, the header has 2", "line 4", "3,E,x"), id="long row"),
        pytest.param("a.csv", GOOD + "3\n4,E\n", ("1 field, the header has 2", "line 4"), id="short row"),
        pytest.param("a.csv", DEEP + "3,E,x\n", ("3 fields, the header has 2", "line 50004"), id="long row, deep"),
        pytest.param(
            "a.csv",
            "id,city\n1,Orléans\n".encode("latin-1"),
            ("not utf-8 text: byte 0xe9", "line 2", "encoding: latin-1"),
            id="wrong encoding",
        ),
        pytest.param(
            "a.csv", "id,city\n1,Orléans\n".encode("utf-16"), ("UTF-16 text", "encoding: utf-16"), id="UTF-16"
        ),
        pytest.param(
            "a.csv",
            "id,region,id\n1,N,2\n",
            ("two columns have one name: 'id'", "line 1", "rename one"),
            id="doubled header",
        ),
        pytest.param("a.csv", "id,ID\n1,2\n", ("'id' and 'ID'", "line 1"), id="header doubled but for case"),
        pytest.param("a.csv", "id;region\n1;N\n", ("separated by ';'", "{sep: ';'}"), id="another delimiter"),
        pytest.param(
            "a.csv", 'id,region\n1,"N\n2,S\n', ("a quoted field", "never closed", "close the quote"), id="open quote"
        ),
        pytest.param("a.csv", "\0" * 100, ("NUL bytes", "line 1"), id="NUL bytes for names"),
        pytest.param("a.parquet", GOOD, ("not Parquet: it begins with b'id,r'", "format: csv"), id="text as Parquet"),
        pytest.param("a.parquet", "", ("Parquet file is empty",), id="empty Parquet"),
        pytest.param(
            "a.parquet", b"PAR1" + b"\0" * 90, ("the Parquet file can't be read", "write it again"), id="cut Parquet"
        ),
        pytest.param("a.json", "", ("JSON file is empty", "[]"), id="empty JSON"),
        pytest.param("a.json", '[{"id": 1}, {"id": ]', ("not JSON", "line 1"), id="damaged JSON"),
        pytest.param("a.json", "[1, 2]", ("records are",), id="JSON without records"),
        pytest.param("a.jsonl", '{"id": 1}\n{"id": \n', ("not JSON", "line "), id="damaged JSON lines"),
        pytest.param("a.xlsx", GOOD, ("is it really Excel?",), id="text as Excel"),
        pytest.param("a.csv.gz", GOOD, ("gz",), id="text as gzip"),
    ],
)
def test_a_bad_file_fails_its_node(project, engine, name, content, expected):
    nodes = [source(name), copy(), sql("SELECT 1 AS id", name="other")]
    target = project(nodes, engine=engine, files={name: content, "out.csv": "old"})
    text = failure(target, *expected, f"{target.data}/{name}")
    assert "  hint: " in text
    assert "1 completed, 1 failed, 1 skipped" in text


@pytest.mark.parametrize("read", ["sales.csv", "sub/sales.csv", "*.csv"])
def test_a_missing_file_is_named_with_what_there_is(project, engine, read):
    target = project([source(read), copy()], engine=engine, files={"sales.txt": GOOD, "out.parquet": "old"})
    text = failure(target, "SourceNotFoundError", read, str(target.data), "  hint: ")
    assert "»" in text


def test_the_nearest_file_is_suggested(project, engine):
    failure(project([source("saels.csv")], engine=engine, files={"sales.csv": GOOD}), "did you mean 'sales.csv'?")


def test_json_says_the_same_in_one_object(project, engine):
    outcome = project([source("a.csv"), copy()], engine=engine, files={"a.csv": GOOD + "3\n"}).run("--json")
    assert outcome.status == 1
    assert outcome.data["status"] == "failed"
    assert outcome.data["skipped"] == ["out"]
    error = outcome.error("load")
    assert (error["type"], error["line"]) == ("FormatError", 4)
    assert error["hint"].startswith("mend the line")


def test_an_encoding_that_is_none_is_told(project, engine):
    load = source("a.csv", options={"encoding": "latn-1"})
    failure(project([load, copy()], engine=engine, files={"a.csv": GOOD}), "'latn-1' is not an encoding", "latin-1")


def test_a_folder_without_such_files_is_no_source(project, engine):
    target = project([source("a.csv"), copy()], engine=engine, files={"a.csv/notes.txt": "x"})
    failure(target, "has no files to read", "notes.txt")


def test_a_name_too_long_for_the_disk_is_told(project, engine):
    failure(project([source("n" * 300 + ".csv"), copy()], engine=engine), "File name too long", "a shorter path")


def test_a_path_with_a_nul_is_none(project, engine):
    text = project([source("a\0b.csv"), copy()], engine=engine).run().failure(2)
    assert "is not a path" in text
    assert "relative to base_path" in text


def test_a_file_that_vanishes_while_the_run_goes_on_is_told(project):
    """A view reads its file late: here the file is gone once an unrelated node has run."""
    functions = FUNCTIONS + (
        "def f():\n    from pathlib import Path\n"
        "    Path(__file__).with_name('data').joinpath('a.csv').unlink()\n    return pd.DataFrame({'id': [1]})\n"
    )
    nodes = [source("a.csv"), sql("SELECT * FROM load", "out.csv", depends_on=["gone"]), python(name="gone")]
    target = project(nodes, files={"a.csv": GOOD + "3,N\n" * 300_000, "out.csv": "old"}, functions=functions)
    text = target.run().failure(1)
    assert "'a.csv' is not in" in text
    assert "1 completed, 1 failed, 1 skipped" in text
    assert target.text() == "old"
    assert target.listing() == ["out.csv"]


def test_a_file_that_this_user_may_not_read(project, engine):
    target = project([source("a.csv"), copy()], engine=engine, files={"a.csv": GOOD})
    (target.data / "a.csv").chmod(0)
    text = target.run(before=without_root_powers).failure(1)
    assert "'a.csv' can't be read: Permission denied" in text
    assert "allow this user to read it" in text


def test_a_project_file_that_this_user_may_not_read(project):
    target = project([source("a.csv")])
    target.path.chmod(0)
    text = target.run(before=without_root_powers).failure(2)
    assert "can't be read: Permission denied" in text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeffid,region\r\n1,N\r\n2,S\r\n", id="byte order mark and CRLF"),
        pytest.param("id,region\r1,N\r2,S\r", id="CR"),
    ],
)
def test_other_line_ends_and_marks_are_read(project, engine, content):
    target = project([source("a.csv"), copy()], engine=engine, files={"a.csv": content})
    target.run().success()
    assert target.text() == GOOD


def test_a_header_alone_is_no_rows_of_its_columns(project, engine):
    target = project([source("a.csv"), copy()], engine=engine, files={"a.csv": "id,region\n"})
    assert target.run("--json").data["nodes"]["out"]["rows"] == 0
    assert target.text() == "id,region\n"


def test_nul_bytes_in_a_value_survive(project, engine):
    target = project([source("a.csv"), copy()], engine=engine, files={"a.csv": "id,region\n1,N\0S\n"})
    if engine == "pandas" and pd.__version__ < "3":
        assert "the file holds a NUL byte" in target.run().failure(1)
        return
    target.run().success()
    assert target.text() == "id,region\n1,N\0S\n"


def test_quotes_and_scripts_in_the_data_are_data(project, engine):
    rows = [{"id": 1, "note": 'it\'s a "q"'}, {"id": 2, "note": "<script>alert(1)</script>"}]
    target = project([source("a.json"), copy("out.json")], engine=engine, files={"a.json": json.dumps(rows)})
    target.run().success()
    assert json.loads(target.text("out.json")) == rows


def test_emoji_in_names_paths_and_values(project, engine):
    content = "ä 🦆,b\n🐍,1\n"
    target = project([source("sälés 🦆.csv"), copy("öut 🐍/it's.csv")], engine=engine, files={"sälés 🦆.csv": content})
    target.run().success()
    assert target.text("öut 🐍/it's.csv") == content

"""Whole node cells: line, header and body."""

import pytest

from odibi_nb.cells.body import parse_node_cell, split_header
from odibi_nb.config import NodeConfig
from odibi_nb.exceptions import ConfigValidationError, OdibiException, UsageError
from odibi_nb.project_file import build


@pytest.mark.parametrize(
    ("text", "header", "body", "body_line"),
    [
        ("SELECT 1", "", "SELECT 1", 2),
        ("\n\nSELECT 1\n\n", "", "SELECT 1", 4),
        ("tags: [a]\n---\nSELECT 1", "tags: [a]\n", "SELECT 1", 4),
        ("tags: [a]\n---   \n\n\nSELECT 1", "tags: [a]\n", "SELECT 1", 6),
        ("# why\ntags:\n- a\n---\na", "# why\ntags:\n- a\n", "a", 6),
        ("---\ntags: [a]\n---\na", "---\ntags: [a]\n", "a", 5),
        ("tags: [a]\n---", "tags: [a]\n", "", 4),
        ("SELECT 1\n---\nUNION SELECT 2", "", "SELECT 1\n---\nUNION SELECT 2", 2),
        ("---\nSELECT 1", "", "---\nSELECT 1", 2),
        ("tags: [a]\nSELECT 1", "", "tags: [a]\nSELECT 1", 2),
        ("", "", "", 3),
    ],
)
def test_a_line_of_dashes_closes_a_header_that_a_key_opens(text, header, body, body_line):
    split = split_header(text, first_line=2)
    assert (split.header, split.body, split.body_line) == (header, body, body_line)


def test_the_line_becomes_fields_of_the_dialect():
    declared = parse_node_cell(
        "n --read local:a.csv --format csv --option sep=; --write out:b --mode upsert --key id day --tag x "
        "--depends-on m --describe 'what it is' --materialize table --returns object --preview 5 --expect 'warn: a > 0'"
    )
    assert declared.fields == {
        "name": "n",
        "description": "what it is",
        "tags": ["x"],
        "depends_on": ["m"],
        "read": {"connection": "local", "path": "a.csv", "format": "csv", "options": {"sep": ";"}},
        "write": {"connection": "out", "path": "b", "mode": "upsert", "options": {"keys": ["id", "day"]}},
        "materialize": "table",
        "returns": "object",
        "preview": 5,
        "validation": {"tests": [{"type": "custom_sql", "condition": "a > 0", "on_fail": "warn"}]},
    }
    assert build(NodeConfig, declared.fields, locate=declared.place).name == "n"
    assert declared.language == "none"


def test_a_header_adds_fields_to_a_body():
    declared = parse_node_cell("n --tag x", "description: |\n  long\n---\n\nSELECT 1\n")
    assert declared.fields == {"name": "n", "tags": ["x"], "description": "long\n"}
    assert (declared.language, declared.body, declared.body_line) == ("sql", "SELECT 1", 6)


def test_a_yaml_body_gives_its_fields_with_their_lines():
    declared = parse_node_cell("n", "read:\n  connection: local\n  path: a.csv\n  fromat: csv\n", magic_line=3)
    assert (declared.language, declared.body_line) == ("yaml", 4)
    with pytest.raises(ConfigValidationError) as caught:
        build(NodeConfig, declared.fields, locate=declared.place)
    where = caught.value.where
    assert (where.node, where.line, where.key, where.source) == ("n", 7, "read.fromat", "  fromat: csv")
    assert "format" in caught.value.hint


def test_a_header_and_a_yaml_body_are_one_document():
    declared = parse_node_cell("n", "tags: [x]\n---\n\nread: {connection: local, path: a.csv}")
    assert set(declared.fields) == {"name", "tags", "read"}
    assert declared.place(["read"])["line"] == 5


def test_an_error_in_a_field_of_the_line_is_placed_at_the_magic():
    declared = parse_node_cell("n --preview 5", "tags: [x]\n---\nSELECT 1", magic_line=2)
    assert declared.place(["preview"]) == {"node": "n", "line": 2}


@pytest.mark.parametrize(
    ("line", "cell", "kind", "message", "at"),
    [
        ("n --tag x", "description: d\ntags: [y]\n---\nSELECT 1", UsageError, "'tags' is both", 3),
        ("n --expect 'a > 0'", "validation: {tests: []}\n---\nSELECT 1", UsageError, "'validation' is both", 2),
        ("n --read l:a", "read: {connection: l, path: a}", UsageError, "'read' is both", 2),
        ("n", "name: m\n---\nSELECT 1", UsageError, "'name' is in the YAML", 2),
        ("n", "tags: [a]\ntransform: {steps: []}\n---\nSELECT 1", UsageError, "a 'transform' in its header", 3),
        ("n", "tags: [a]\n---\ntags: [b]\nread: {connection: l, path: a}", ConfigValidationError, "given twice", 4),
        ("n", "tags:\n\t- a\n---\nSELECT 1", ConfigValidationError, "tab", 3),
        ("n --lang yaml", "- read", ConfigValidationError, "a mapping of its fields", 2),
        ("n --raed l:a", "", UsageError, "unknown option --raed", 1),
        ("n --expect 'notnull(a)'", "", UsageError, "unknown expectation", 1),
    ],
)
def test_a_cell_that_contradicts_itself_is_an_error_at_its_line(line, cell, kind, message, at):
    with pytest.raises(OdibiException, match=message.replace("(", r"\(")) as caught:
        parse_node_cell(line, cell)
    assert isinstance(caught.value, kind)
    assert caught.value.where.line == at


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("pipeline: nightly", "it is said on the node's line: --pipeline PIPELINE"),
        ("expect: [a > 1]", "it is said on the node's line: --expect EXPR"),
        ("no_run: true", "it is said on the node's line: --no-run"),
    ],
)
def test_an_option_of_the_line_in_a_header_is_told_its_place(header, hint):
    with pytest.raises(ConfigValidationError, match="unknown key") as caught:
        parse_node_cell("n", f"description: d\n{header}\n---\nSELECT 1")
    assert (caught.value.hint, caught.value.where.line) == (hint, 3)


@pytest.mark.parametrize("header", ["tag: a", "describe: d", "mode: append"])
def test_what_is_a_slip_for_a_field_is_left_to_the_dialect(header):
    assert parse_node_cell("n", f"{header}\n---\nSELECT 1").fields[header.partition(":")[0]]

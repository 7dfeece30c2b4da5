"""The line of `%%odibi_node`."""

import pytest

from odibi_nb.cells.option_parser import Option, OptionParser, count_of, key_value, scalar, split_line
from odibi_nb.cells.options import NodeOptions, Target, parse_node_line
from odibi_nb.exceptions import UsageError


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("n", {}),
        ("n --lang sql", {"lang": "sql"}),
        ("n --lang=python", {"lang": "python"}),
        ("n --read local:sales.csv", {"read": Target("local", "sales.csv")}),
        ("n --read=local:sales.csv", {"read": Target("local", "sales.csv")}),
        ("n --read s3:a:b.csv", {"read": Target("s3", "a:b.csv")}),
        ("n --read 'local:my sales.csv'", {"read": Target("local", "my sales.csv")}),
        (r"n --read local:in\sales.csv", {"read": Target("local", r"in\sales.csv")}),
        (r'n --read "local:in\new\t.csv"', {"read": Target("local", r"in\new\t.csv")}),
        ("n --write out:a.parquet", {"write": Target("out", "a.parquet")}),
        ("n --write out:a --mode upsert --key id", {"write": Target("out", "a"), "mode": "upsert", "key": ("id",)}),
        ("n --write o:a --key a b --no-run", {"write": Target("o", "a"), "key": ("a", "b"), "no_run": True}),
        ("n --write o:a --key a --key b", {"write": Target("o", "a"), "key": ("a", "b")}),
        ("n --depends-on a b", {"depends_on": ("a", "b")}),
        ("n --depends-on a b --tag x", {"depends_on": ("a", "b"), "tags": ("x",)}),
        ("n --tag x --tag 'y z'", {"tags": ("x", "y z")}),
        ("n --expect 'a > 0' --expect \"b <> 'x'\"", {"expect": ("a > 0", "b <> 'x'")}),
        ("n --expect='-a < 0'", {"expect": ("-a < 0",)}),
        ("n --mock", {"mock": "given"}),
        ("n --mock=auto", {"mock": "auto"}),
        ("n --mock --no-run", {"mock": "given", "no_run": True}),
        ("n --into frame", {"into": "frame"}),
        ("n --describe 'what it is'", {"describe": "what it is"}),
        ("n --describe ''", {"describe": ""}),
        ("n --pipeline nightly", {"pipeline": "nightly"}),
        ("n --preview 0", {"preview": 0}),
        ("n --preview 25", {"preview": 25}),
        ("n --materialize table", {"materialize": "table"}),
        ("n --returns none", {"returns": "none"}),
        ("n --read l:a --option sep=';'", {"read": Target("l", "a"), "options": {"sep": ";"}}),
        (
            "n --read l:a --option skip=2 --option header=true",
            {"read": Target("l", "a"), "options": {"skip": 2, "header": True}},
        ),
        ("n --read l:a --option null_text=", {"read": Target("l", "a"), "options": {"null_text": ""}}),
        ("n --read l:a --option q='a=b'", {"read": Target("l", "a"), "options": {"q": "a=b"}}),
        ("n --read l:a --format json", {"read": Target("l", "a"), "format": "json"}),
        ("n --write l:a --format json", {"write": Target("l", "a"), "format": "json"}),
    ],
)
def test_a_line_says(line, expected):
    assert parse_node_line(line) == NodeOptions("n", **expected)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("", "NAME is missing", "usage: odibi_node NAME"),
        ("--read local:x", "NAME comes first", "usage"),
        ("--read local:x n", "NAME comes first", "usage"),
        ("n m", "unexpected 'm'", "usage"),
        ("n --mock auto", "unexpected 'auto'", "--mock=auto"),
        ("n --mock atuo", "unexpected 'atuo'", "usage"),
        ("n --expect amount > 0", "unexpected '>'", "--expect '…'"),
        ("n --raed local:x", "unknown option --raed", "did you mean '--read'?"),
        ("n --no_run", "unknown option --no_run", "did you mean '--no-run'?"),
        ("n --depend a", "unknown option --depend", "did you mean '--depends-on'?"),
        ("n --wri local:x", "unknown option --wri", "'--write'"),
        ("n -x", "unknown option -x", "the options are --lang"),
        ("n --read", "--read needs a value", "CONN:PATH"),
        ("n --read --no-run", "--read needs a value", "CONN:PATH"),
        ("n --key --no-run --write l:a", "--key needs a value", "COLUMN"),
        ("n --read in/may.csv", "--read expects CONN:PATH, such as local:in/may.csv, not", None),
        ("n --read :sales.csv", "--read expects CONN:PATH", None),
        ("n --write local:", "--write expects CONN:PATH, such as local:sales.csv", None),
        ("n --lang sq", "--lang is one of sql, python, yaml, not 'sq'", "did you mean 'sql'?"),
        ("n --materialize tabel", "view, table, store", "did you mean 'table'?"),
        ("n --upstream stale", "fresh, stored, sample, not 'stale'", "what its cell runs on: fresh results"),
        ("n --upstream smaple", "fresh, stored, sample, not 'smaple'", "did you mean 'sample'?"),
        ("n --mock=all", "--mock is one of auto", None),
        ("n --write l:a --mode replace", "overwrite, append, upsert", None),
        ("n --preview many", "--preview expects a number of rows", None),
        ("n --preview -1", "--preview expects a number of rows", None),
        ("n --into class", "--into expects the name of a variable", None),
        ("n --into 1x", "--into expects the name of a variable", None),
        ("n --no-run=yes", "--no-run takes no value", None),
        ("n --lang sql --lang sql", "--lang is given twice", None),
        ("n --option sep=;", "--option needs --read", None),
        ("n --read l:a --option sep", "--option expects key=value", None),
        ("n --read l:a --option a=1 --option a=2", "--option a is given twice", None),
        ("n --mode append", "--mode needs --write", None),
        ("n --key id", "--key needs --write", None),
        ("n --format csv", "--format needs --read or --write", None),
        ("n --describe 'open", "a quote is opened but not closed", "--describe 'open"),
    ],
)
def test_a_wrong_line_is_answered_with_what_was_meant(line, message, hint):
    with pytest.raises(UsageError) as caught:
        parse_node_line(line)
    assert message in caught.value.message
    assert hint is None or hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("007", 7),
        ("2.5", 2.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("NO", "NO"),
        ("on", "on"),
        ("tRue", "tRue"),
        ("", ""),
        ("'5'", "5"),
        ('"true"', "true"),
        ("'", "'"),
        ("a b", "a b"),
        ("2024-01-01", "2024-01-01"),
        ("[1]", "[1]"),
        (".", "."),
    ],
)
def test_values_are_typed_as_yaml_scalars(text, value):
    typed = scalar(text)
    assert (type(typed), typed) == (type(value), value)


def test_a_key_value_pair_splits_at_the_first_equals_sign():
    assert key_value("a=b=c") == ("a", "b=c")


def test_words_are_split_as_a_shell_does_with_literal_backslashes():
    assert split_line(r"""a 'b c' "d 'e'" f\ g\n x"y z"w # no comment""") == [
        "a",
        "b c",
        "d 'e'",
        "f\\",
        r"g\n",
        "xy zw",
        "#",
        "no",
        "comment",
    ]


RUN = OptionParser(
    "run",
    [
        Option("--select", also=("-s",), repeatable=True),
        Option("--workers", convert=int),
        Option("--force", takes="nothing"),
    ],
    words=("[SELECTOR…]",),
)


def test_a_command_takes_any_number_of_words_among_its_options():
    parsed = RUN.parse("a+ --force b,c -s tag:x -s y")
    assert parsed.words == ("a+", "b,c")
    assert parsed.values == {"force": True, "select": ("tag:x", "y")}


def test_a_command_takes_words_that_a_shell_has_split():
    assert RUN.parse(["a b", "--workers", "2"]).values == {"workers": 2}


@pytest.mark.parametrize(
    ("least", "text", "number"),
    [(0, "0", 0), (1, "2", 2), (0, "-1", None), (1, "0", None), (1, "00", None), (0, "x", None)],
)
def test_a_number_of_things_has_a_least(least, text, number):
    convert = count_of("rows", least=least)
    if number is not None:
        assert convert(text) == number
    else:
        with pytest.raises(ValueError, match="a number of rows, 1 or more" if least else "a number of rows$"):
            convert(text)


def test_a_parser_without_options_says_so():
    with pytest.raises(UsageError, match="takes no options"):
        OptionParser("ls").parse("--all")


def test_nothing_is_printed_when_a_line_is_wrong(capsys):
    with pytest.raises(UsageError):
        parse_node_line("n --help")
    assert capsys.readouterr() == ("", "")

"""YAML 1.2's core schema, safe and located."""

from __future__ import annotations

import math
from typing import Any

import pytest

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file import parse_yaml


def data(text: str) -> Any:
    return parse_yaml(text).data


def refusal(text: str, **where: Any) -> ConfigValidationError:
    with pytest.raises(ConfigValidationError) as caught:
        parse_yaml(text, **where)
    return caught.value


@pytest.mark.parametrize("word", ["NO", "no", "on", "off", "yes", "Y", "2020-01-01", "12:30:45", "1_000", "0b1"])
def test_only_yaml_1_2_gives_words_a_meaning(word: str) -> None:
    assert data(f"a: {word}") == {"a": word}


def test_a_key_that_yaml_1_1_takes_for_a_boolean_stays_text() -> None:
    assert data("on: 1\nno: 2") == {"on": 1, "no": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("~", None), ("", None), ("null", None), ("017", 17), ("0o17", 15),
        ("0xff", 255), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("-.inf", -math.inf), ("'1'", "1"),
        ("!!str 1", "1"), ("!!int 1", 1),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert data(f"a: {text}") == {"a": value}


def test_not_a_number_is_read() -> None:
    assert math.isnan(data("a: .nan")["a"])


@pytest.mark.parametrize("text", ["", "# only a comment", "---\n", "null"])
def test_an_empty_text_is_an_empty_mapping(text: str) -> None:
    assert data(text) == {}


def test_a_key_path_knows_its_line() -> None:
    document = parse_yaml("a:\n  - b: 1\n  -\n    c: 2\n", file="f.yaml")
    assert [document.place(path)["line"] for path in [("a",), ("a", 0, "b"), ("a", 1, "c")]] == [1, 2, 4]
    assert document.place(("a", 1, "c")) == {
        "file": "f.yaml", "cell": None, "line": 4, "source": "    c: 2", "key": "a[1].c",
    }  # fmt: skip


def test_a_path_that_does_not_exist_has_the_place_of_what_is_around_it() -> None:
    assert parse_yaml("x: 1\na: {b: 1}").place(("a", "c", 0))["key"] == "a"


def test_lines_are_counted_as_the_cell_counts_them() -> None:
    error = refusal("a: 1\na: 2", cell="5", first_line=2)
    assert (error.where.cell, error.where.line, error.where.source) == ("5", 3, "a: 2")


def test_lines_are_counted_as_yaml_counts_them() -> None:
    assert parse_yaml("a: 'x\x85y'\r\nb: 1\rc: 2").place(("c",))["source"] == "c: 2"


def test_a_tab_is_named_with_its_remedy() -> None:
    error = refusal("a:\n\tb: 1")
    assert (error.where.line, error.hint) == (2, "YAML indents with spaces, not tabs")


def test_a_tab_within_a_text_is_kept() -> None:
    assert data("a: |\n  x\n  \ty\nb: '\t'") == {"a": "x\n\ty\n", "b": "\t"}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x: 1\na: 1\na: 2", 3, "the key 'a' is given twice, first on line 2"),
        ("a: {b: 1, b: 2}", 1, "the key 'b' is given twice"),
        ("a: 1\nb: c: d", 2, "mapping values are not allowed"),
        ("a: [1, 2", 1, "not YAML"),
        ("a: 1\n---\nb: 2", 2, "a file is one document"),
        ("a: 1\nb: *c", 2, "an alias follows its anchor"),
        ("a: 1\n{[1]: 2}: 3", 2, "a key is a single value"),
        ("a: 1\nb: !!int x", 2, "not a YAML int: x"),
        ("a: 1\nb: \x00", 2, "not allowed"),
        ("a: 1\nb: \ud800", 2, "not allowed"),
        ("a: &a [*a]", 1, "levels deep"),
        ("a: " + "[" * 900 + "]" * 900, 1, "levels deep"),
        ("<<: 1", 1, "'<<' takes a mapping"),
    ],
)
def test_what_is_no_yaml_is_refused_at_its_line(text: str, line: int, said: str) -> None:
    error = refusal(text, file="f.yaml")
    assert said in str(error)
    assert (error.where.file, error.where.line) == ("f.yaml", line)


@pytest.mark.parametrize(
    "tag",
    ["!!python/object/apply:os.system [id]", "!!python/name:os.system ''", "!mine 1", "!!binary aGk=", "!!set {a}"],
)
def test_tags_are_refused(tag: str) -> None:
    assert refusal(f"a: {tag}").message.startswith("the tag '!")


def test_merge_keys_fill_in_what_is_not_given() -> None:
    text = "base: &base {a: 1, b: 2}\nmore: &more {b: 5, c: 6}\none: {<<: *base, b: 3}\ntwo: {<<: [*base, *more]}"
    assert data(text)["one"] == {"a": 1, "b": 3}
    assert data(text)["two"] == {"a": 1, "b": 2, "c": 6}


def test_an_aliased_value_has_the_line_of_its_own_key() -> None:
    assert parse_yaml("a: &a {x: 1}\nb: *a").place(("b",))["line"] == 2


def test_aliases_cannot_multiply_without_end() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 20)]
    error = refusal("l0: &l0 [1]\n" + "\n".join(levels))
    assert "more than 1,000,000 values" in error.message

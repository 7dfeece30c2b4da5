"""Where in YAML the cursor is, also while the text is no YAML yet."""

from __future__ import annotations

import pytest

from odibi_nb.completion.yaml import yaml_spot


@pytest.mark.parametrize(
    ("marked", "path", "is_key", "begun"),
    [
        ("¦", (), True, ""),
        ("con¦", (), True, "con"),
        ("vars:\n  a: 1\nset¦", (), True, "set"),
        ("read:\n  ¦", ("read",), True, ""),
        ("read:\n  connection: local\n  pa¦", ("read",), True, "pa"),
        ("read:\n  ¦\nwrite: {}", ("read",), True, ""),
        ("write:\n  connection: local\n  ¦\n", ("write",), True, ""),
        ("connections: {local: {ty¦", ("connections", "local"), True, "ty"),
        ("connections: {local: {type: local, ¦}}", ("connections", "local"), True, ""),
        ("transform:\n  steps:\n    - sq¦", ("transform", "steps"), True, "sq"),
        ("transform:\n  steps:\n  - sql: a\n  - ¦", ("transform", "steps"), True, ""),
        ("engine: du¦\nvars: {a: 1}", ("engine",), False, "du"),
        ("depends_on: ¦", ("depends_on",), False, ""),
        ("read: {connection: local, path: sub/sa¦}", ("read", "path"), False, "sub/sa"),
        ("read:\n  connection: lo¦\n  path: x.csv", ("read", "connection"), False, "lo"),
        ("steps:\n  - sql: |\n      SELECT am¦ FROM df\n      WHERE x", ("steps", "sql"), False, "SELECT am"),
    ],
)
def test_a_place_has_a_path_and_a_role(marked: str, path: tuple[str, ...], is_key: bool, begun: str) -> None:
    before, _, after = marked.partition("¦")
    spot = yaml_spot(before + after, len(before))
    assert spot is not None
    assert (spot.path, spot.is_key, spot.begun) == (path, is_key, begun)


def test_what_stands_beside_it_is_known() -> None:
    text = "read: {connection: local, path: }"
    spot = yaml_spot(text, len(text) - 1)
    assert spot is not None
    assert spot.beside == {"connection": "local", "path": ""}


def test_a_block_of_sql_is_whole() -> None:
    text = "sql: |\n  SELECT a\n  FROM t\n"
    spot = yaml_spot(text, text.index("a") + 1)
    assert spot is not None
    assert (spot.text, spot.offset) == ("SELECT a\nFROM t\n", 8)


@pytest.mark.parametrize("marked", ["# comm¦", 'a: "x¦', "a: b: c: ¦", "\tx¦"])
def test_where_it_cant_be_told_there_is_no_place(marked: str) -> None:
    before, _, after = marked.partition("¦")
    assert yaml_spot(before + after, len(before)) is None

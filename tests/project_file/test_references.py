"""`${…}` in values."""

from __future__ import annotations

from typing import Any

import pytest

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file import parse_yaml, substitute

VARS = {
    "min": 100, "on": True, "none": None, "deep": {"a": {"b": [1, 2]}}, "via": "${vars.min}",
    "host": "${env:HOST}", "loop": "${vars.pool}", "pool": "x${vars.loop}",
}  # fmt: skip
ENVIRON = {"HOST": "db", "EMPTY": ""}


def resolved(text: Any) -> Any:
    return substitute(text, VARS, ENVIRON)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${HOST}", "db"),
        ("${env:HOST}", "db"),
        ("//${HOST}:1/${env:EMPTY}", "//db:1/"),
        ("${env:PORT:-5432}", "5432"),
        ("${PORT:-a:b-c}", "a:b-c"),
        ("${PORT:-}", ""),
        ("${vars.min}", 100),
        ("> ${vars.min}", "> 100"),
        ("${vars.on}", True),
        ("${vars.on} ${vars.none}", "true null"),
        ("${vars.deep.a.b}", [1, 2]),
        ("${vars.nothing:-7}", "7"),
        ("${vars.via}", 100),
        ("${vars.host}", "db"),
        ("$${HOST}", "${HOST}"),
        ("a $${HOST} ${HOST}", "a ${HOST} db"),
        ("WHERE a > $min AND b = '$x'", "WHERE a > $min AND b = '$x'"),
        ("${", "${"),
        (5, 5),
    ],
)
def test_a_reference_becomes_its_value(text: Any, value: Any) -> None:
    result = resolved(text)
    assert (result, type(result)) == (value, type(value))


def test_values_at_every_depth_are_resolved_and_keys_are_not() -> None:
    assert resolved({"${HOST}": ["${HOST}", {"a": "${vars.min}"}]}) == {"${HOST}": ["db", {"a": 100}]}


def test_data_given_is_not_changed() -> None:
    given = {"a": ["${HOST}"]}
    resolved(given)
    assert given == {"a": ["${HOST}"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${PORT}", "the environment variable 'PORT' is not set"),
        ("${PORT}", "${env:PORT:-…}"),
        ("${min}", "did you mean '${vars.min}'?"),
        ("${vars.mni}", "did you mean 'min'?"),
        ("${vars.deep.x.b}", "'deep.a'"),
        ("x ${vars.deep}", "can't stand within a text"),
        ("${vars.loop}", "loop → pool → loop"),
        ("${date:today}", "has not built yet"),
        ("${secret:x}", "known forms"),
        ("${}", "known forms"),
    ],
)
def test_a_reference_without_value_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        resolved({"a": [text]})
    assert said in str(caught.value)
    assert caught.value.where.key == "a[0]"


def test_a_refused_reference_is_placed_in_its_cell() -> None:
    document = parse_yaml("a: 1\nread:\n  path: ${NOPE}\n", cell="7")
    with pytest.raises(ConfigValidationError) as caught:
        substitute(document.data, {}, {}, locate=document.place)
    where = caught.value.where
    assert (where.cell, where.line, where.key, where.source) == ("7", 3, "read.path", "  path: ${NOPE}")


def test_the_process_environment_is_used_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODIBI_NB_TEST", "here")
    assert substitute("${ODIBI_NB_TEST}", {}) == "here"

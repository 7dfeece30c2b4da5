"""Keys and words of the dialect come from its models."""

from __future__ import annotations

import pytest

from odibi_nb.completion.keys import NODE, PROJECT, keys_at, words_at
from odibi_nb.config import NodeConfig, ProjectConfig, WriteConfig
from odibi_nb.config.unbuilt import UNBUILT_VALUES


def test_a_cells_keys_are_those_of_the_model_but_for_what_is_said_elsewhere() -> None:
    assert set(keys_at(NODE, ())) == NodeConfig.model_fields.keys() - {"name"}
    assert set(keys_at(PROJECT, ())) == ProjectConfig.model_fields.keys() - {"pipelines", "imports", "mocks", "tests"}


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("read",), "format"),
        (("inputs", "anything"), "connection"),
        (("transform", "steps"), "operation"),
        (("validation", "tests"), "on_fail"),
    ],
)
def test_keys_below_a_key(path: tuple[str, ...], key: str) -> None:
    assert key in keys_at(NODE, path)


@pytest.mark.parametrize("path", [("tags",), ("description",), ("nope",), ("read", "options")])
def test_what_is_free_has_no_keys(path: tuple[str, ...]) -> None:
    assert keys_at(NODE, path) == []


def test_a_connection_has_the_keys_of_its_kind() -> None:
    assert {"type", "base_path"} <= set(keys_at(PROJECT, ("connections", "mine")))
    assert "local" in words_at(PROJECT, ("connections", "mine", "type"))


def test_words_are_those_that_are_built() -> None:
    modes = words_at(NODE, ("write", "mode"))
    assert "append_once" in modes
    assert not UNBUILT_VALUES["WriteMode"] & set(modes)
    for mode in modes:
        WriteConfig(connection="c", path="p", mode=mode, options={"keys": ["k"]})


@pytest.mark.parametrize(
    ("path", "word"), [(("returns",), "object"), (("enabled",), "false"), (("on_error",), "fail_fast")]
)
def test_literals_flags_and_enums_are_words(path: tuple[str, ...], word: str) -> None:
    assert word in words_at(NODE, path)


def test_an_environment_has_the_keys_of_a_project() -> None:
    assert {"vars", "connections"} <= set(keys_at(PROJECT, ("environments", "prod")))
    assert "environments" not in keys_at(PROJECT, ("environments", "prod"))
    assert "local" in words_at(PROJECT, ("environments", "prod", "connections", "mine", "type"))

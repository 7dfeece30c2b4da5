"""Folders in a project, as they are written from another folder, in every environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.exporting.paths import Move


def moved(written: dict[str, Any], folder: str = "/work/out", variables: dict[str, Any] | None = None) -> Any:
    given = written.get("vars", {}) if variables is None else variables
    return Move(Path("/work"), Path(folder), given).project(written)


def project(path: str, **prod: Any) -> dict[str, Any]:
    here = {"local": {"type": "local", "base_path": path}}
    return {"connections": here, "vars": {"base": "data"}, "environments": {"prod": prod, "test": {}}}


def test_a_path_that_is_absolute_in_one_environment_alone_is_refused() -> None:
    with pytest.raises(
        ConfigValidationError, match=r"'connections\.local\.base_path' is a relative path in one"
    ) as told:
        moved(project("${vars.base}", vars={"base": "/abs"}))
    assert "say the base_path" in (told.value.hint or "")
    with pytest.raises(ConfigValidationError, match="in another"):  # the other way round, from within it
        moved(project("${vars.base}", vars={"base": "/abs"}), variables={"base": "/abs"})
    spill = {"settings": {"duckdb": {"temp_directory": "${vars.base}"}}}
    with pytest.raises(ConfigValidationError, match=r"'settings\.duckdb\.temp_directory' is a relative path"):
        moved(project("x", vars={"base": "/abs"}) | spill)


def test_environments_that_agree_or_say_their_own_path_are_taken() -> None:
    assert (
        moved(project("${vars.base}", vars={"base": "more"}))["connections"]["local"]["base_path"] == "../${vars.base}"
    )
    own = project("${vars.base}", vars={"base": "/abs"}, connections={"local": {"base_path": "${vars.base}/x"}})
    said = moved(own)
    assert said["connections"]["local"]["base_path"] == "../${vars.base}"
    assert said["environments"]["prod"]["connections"]["local"]["base_path"] == "${vars.base}/x"


@pytest.mark.parametrize(
    ("path", "folder", "said"),
    [
        ("../im/../out/../${vars.base}/.", "/work/out", "../../${vars.base}"),
        ("./in/${vars.base}", "/work/out/deep", "../../in/${vars.base}"),
        ("x${vars.base}", "/work/out", "../x${vars.base}"),
        ("./${vars.base}/.", "/work", "${vars.base}"),
        ("/${vars.base}", "/work/out", "/${vars.base}"),
    ],
)
def test_a_path_with_references_is_moved_by_what_is_before_them(path: str, folder: str, said: str) -> None:
    assert moved(project(path), folder)["connections"]["local"]["base_path"] == said


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        (None, "${env:PLACE:-./data}", "${env:PLACE:-../data}"),
        ("/abs", "${PLACE:-.}/data", "${PLACE:-..}/data"),
        ("/abs", "${env:PLACE:-/srv}/x", "${env:PLACE:-/srv}/x"),
        ("near", "${env:PLACE:-./data}", "../${env:PLACE:-./data}"),
    ],
)
def test_a_variable_that_says_the_whole_path_goes_on_to_say_it(
    value: str | None, path: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLACE", raising=False)
    if value is not None:
        monkeypatch.setenv("PLACE", value)
    assert moved(project(path))["connections"]["local"]["base_path"] == said

"""Connections by type, and the door for plug-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from odibi_nb.config import (
    BaseConnectionConfig,
    LocalConnectionConfig,
    ProjectConfig,
    connection_configs,
    json_schema,
    register_connection_config,
)
from odibi_nb.config.connections import _MODELS, ENTRY_POINTS
from odibi_nb.config.unbuilt import UNBUILT_VALUES

PLUGIN = """
from odibi_nb.config import BaseConnectionConfig
class TapeConfig(BaseConnectionConfig):
    reel: int
"""


class FtpConfig(BaseConnectionConfig):
    type: Literal["ftp"] = "ftp"
    host: str


@pytest.fixture(autouse=True)
def _models_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odibi_nb.config.connections._MODELS", dict(_MODELS))


def connections(**given: Any) -> dict[str, BaseConnectionConfig]:
    return ProjectConfig(connections=given).connections


def test_a_local_connection_is_read_by_its_type() -> None:
    read = connections(a={"type": "local", "base_path": "x"}, b=LocalConnectionConfig())
    assert read == {"a": LocalConnectionConfig(base_path="x"), "b": LocalConnectionConfig(base_path="./data")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "locl"}, "did you mean 'local'?"),
        ({"type": "xyz"}, "known types: local"),
        ({"base_path": "x"}, "needs a 'type'"),
        ("./data", "a connection is a mapping with a 'type'"),
        ({"type": "local", "basepath": "x"}, "did you mean 'base_path'?"),
    ],
)
def test_a_connection_that_is_none_is_refused(given: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        connections(a=given)
    assert said in str(caught.value)


@pytest.mark.parametrize("type_name", sorted(UNBUILT_VALUES["ConnectionType"]))
def test_a_connection_type_not_built_says_so(type_name: str) -> None:
    with pytest.raises(ValidationError, match="has not built yet"):
        connections(a={"type": type_name, "account_name": "x"})


def test_a_registered_type_is_read_by_its_model() -> None:
    register_connection_config("ftp", FtpConfig)
    assert connections(a={"type": "ftp", "host": "h"}) == {"a": FtpConfig(host="h")}


def test_a_plug_in_may_build_what_odibi_nb_has_not() -> None:
    register_connection_config("s3", FtpConfig.model_construct().__class__)
    with pytest.raises(ValidationError, match="Input should be 'ftp'"):
        connections(a={"type": "s3", "host": "h"})


def test_an_installed_plug_in_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tape_plugin.py").write_text(PLUGIN)
    info = tmp_path / "tape-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tape\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\ntape = tape_plugin:TapeConfig\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert connections(a={"type": "tape", "reel": 7})["a"].model_dump() == {"type": "tape", "reel": 7}
    assert "tape" in connection_configs()


def test_the_schema_accepts_what_the_models_accept() -> None:
    schema = Draft202012Validator(json_schema())
    pipeline = {
        "pipeline": "p",
        "nodes": [{"name": "a", "transform": {"steps": ["SELECT 1", {"function": "f"}]}}],
    }
    schema.validate(pipeline)
    schema.validate({"connections": {"a": {"type": "local"}}, "pipelines": [pipeline]})


@pytest.mark.parametrize(
    "wrong",
    [{"piplines": []}, {"connections": {"a": {"type": "local", "base": 1}}}, {"pipeline": "p", "nodes": [{"nam": 1}]}],
)
def test_the_schema_refuses_what_the_models_refuse(wrong: Any) -> None:
    assert not Draft202012Validator(json_schema()).is_valid(wrong)


def test_the_module_prints_the_schema() -> None:
    printed = subprocess.run([sys.executable, "-m", "odibi_nb.config"], capture_output=True, text=True, check=True)
    assert json.loads(printed.stdout) == json_schema()

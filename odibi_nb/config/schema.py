"""The dialect as JSON Schema, for editors."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from odibi_nb.config.connections import connection_configs
from odibi_nb.config.descriptions import DESCRIPTIONS
from odibi_nb.config.nodes import PipelineConfig
from odibi_nb.config.project import ProjectConfig
from odibi_nb.config.unbuilt import UNBUILT_VALUES

__all__ = ["json_schema", "json_schema_text"]

_REFERENCE = {"type": "string", "pattern": r"^\$\{[^{}]+\}$"}
"""`${VAR}` in the place of a number, a flag or a word."""


_ALSO = (
    ("ProjectConfig", "imports", "string"),
    ("SettingsConfig", "store", "boolean"),
    ("NodeTestConfig", "expect", "array"),
    ("NodeTestConfig", "fill", "null"),
    ("ExpectConfig", "error", "string"),
)
_DATA = frozenset({"NodeTestConfig", "ExpectConfig", "ExpectedErrorConfig"})
"""What is taken as it is written: there `${VAR}` is a text like any other."""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a YAML file: a project, or one pipeline."""
    connections = connection_configs()
    models: list[type[BaseModel]] = [ProjectConfig, PipelineConfig, *connections.values()]
    _, schema = models_json_schema(
        [(model, "validation") for model in models], title="odibi_nb", ref_template="#/$defs/{model}"
    )
    schema["$defs"] = {name: _explain(name, model) for name, model in schema["$defs"].items()}
    _widen(schema["$defs"], [model.__name__ for model in connections.values()])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": [{"$ref": "#/$defs/PipelineConfig"}, {"$ref": "#/$defs/ProjectConfig"}],
        **schema,
    }


def json_schema_text() -> str:
    """Return the JSON Schema as it is written to files."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _widen(models: dict[str, Any], connections: list[str]) -> None:
    """Let fields take what their validators take beside what their types say."""
    known = [{"$ref": f"#/$defs/{name}"} for name in connections]
    project = models["ProjectConfig"]["properties"]
    project["connections"]["additionalProperties"] = {"anyOf": known}
    steps = models["TransformConfig"]["properties"]["steps"]
    steps["items"] = {"anyOf": [{"type": "string"}, steps["items"]]}
    for name, key, kind in _ALSO:
        fields = models[name]["properties"]
        fields[key] = _either({"type": kind}, fields[key])


def _either(other: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    """Return a field that takes something else too; what is said of it stays on the outside."""
    said = {key: value for key, value in field.items() if key in ("default", "title", "description")}
    kinds = field.get("anyOf") or [{key: value for key, value in field.items() if key not in said}]
    return {"anyOf": [*kinds, other], **said}


def _explain(name: str, model: dict[str, Any]) -> dict[str, Any]:
    """Return a model whose keys say what they mean, without the words that aren't built."""
    if "enum" in model:
        unbuilt = UNBUILT_VALUES.get(name, frozenset())
        words = [word for word in model["enum"] if word not in unbuilt]
        return _either(_REFERENCE, {**model, "enum": words})
    described = {key: {"description": text} for key, text in DESCRIPTIONS.get(name, {}).items()}
    fields = model["properties"]
    if name not in _DATA:
        fields = {key: _with_reference(field) for key, field in fields.items()}
    fields = {key: field | described.get(key, {}) for key, field in fields.items()}
    return {**model, "properties": fields}


def _with_reference(field: dict[str, Any]) -> dict[str, Any]:
    kinds = field.get("anyOf", [field])
    takes_text = all(kind.get("type") in ("string", "object", "array", "null", None) for kind in kinds)
    has_words = any("enum" in kind for kind in kinds)
    return _either(_REFERENCE, field) if has_words or not takes_text else field

"""The dialect as JSON Schema, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from odibi_nb.config.connections import connection_configs
from odibi_nb.config.nodes import PipelineConfig
from odibi_nb.config.project import ProjectConfig

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a YAML file: a project, or one pipeline."""
    connections = connection_configs()
    models: list[type[BaseModel]] = [ProjectConfig, PipelineConfig, *connections.values()]
    _, schema = models_json_schema(
        [(model, "validation") for model in models], title="odibi_nb", ref_template="#/$defs/{model}"
    )
    # The field is declared with the base model, so that plug-ins fit; editors want the types by name.
    known = [{"$ref": f"#/$defs/{model.__name__}"} for model in connections.values()]
    project = schema["$defs"]["ProjectConfig"]
    project["properties"]["connections"]["additionalProperties"] = {"anyOf": known}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": [{"$ref": "#/$defs/PipelineConfig"}, {"$ref": "#/$defs/ProjectConfig"}],
        **schema,
    }

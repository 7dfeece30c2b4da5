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
    models_by_name = schema["$defs"]
    # Two fields take more than their types say: connections any registered model, steps a plain text of SQL.
    known = [{"$ref": f"#/$defs/{model.__name__}"} for model in connections.values()]
    models_by_name["ProjectConfig"]["properties"]["connections"]["additionalProperties"] = {"anyOf": known}
    steps = models_by_name["TransformConfig"]["properties"]["steps"]
    steps["items"] = {"anyOf": [{"type": "string"}, steps["items"]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": [{"$ref": "#/$defs/PipelineConfig"}, {"$ref": "#/$defs/ProjectConfig"}],
        **schema,
    }

"""Small pipelines on real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from odibi_nb import Pipeline, PipelineResults
from odibi_nb.config import NodeConfig, PipelineConfig
from odibi_nb.connections import LocalConnection
from odibi_nb.registry import Functions

__all__ = ["Project", "node", "python", "read", "sql", "write"]


def node(name: str, *steps: Any, **fields: Any) -> NodeConfig:
    transform = {"transform": {"steps": list(steps)}} if steps else {}
    return NodeConfig.model_validate({"name": name, **transform, **fields})


def sql(name: str, text: str, params: dict[str, Any] | None = None, **fields: Any) -> NodeConfig:
    return node(name, {"sql": text, "params": params or {}}, **fields)


def python(name: str, function: Any = None, **fields: Any) -> NodeConfig:
    """A node of one function: registered under the node's name, or named."""
    return node(name, {"function": function or name}, **fields)


def read(path: str, **options: Any) -> dict[str, Any]:
    return {"connection": "local", "path": path, "options": options}


def write(path: str, mode: str = "overwrite", **options: Any) -> dict[str, Any]:
    return {"connection": "local", "path": path, "mode": mode, "options": options}


class Project:
    """A folder and functions of its own; `run` raises nothing, the results tell."""

    def __init__(self, path: Path, engine: str = "duckdb") -> None:
        self.path, self.engine = path, engine
        self.functions = Functions()
        self.connections: dict[str, Any] = {"local": LocalConnection(path)}

    def put(self, name: str, content: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file

    def text(self, name: str) -> str:
        return (self.path / name).read_text()

    def function(self, given: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function under its own name."""
        self.functions.register(given)
        return given

    def pipeline(self, *nodes: NodeConfig, **options: Any) -> Pipeline:
        config = PipelineConfig(pipeline="test", nodes=list(nodes))
        defaults = {"engine": self.engine, "functions": self.functions, "root": self.path}
        return Pipeline(config, options.pop("connections", self.connections), **{**defaults, **options})

    def run(self, *nodes: NodeConfig, **options: Any) -> PipelineResults:
        return self.pipeline(*nodes).run(**options)

    def files(self) -> list[str]:
        """Everything there is in the folder, hidden files too."""
        return sorted(str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file())

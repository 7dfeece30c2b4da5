"""A project: connections, settings and pipelines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from odibi_nb.config.base import DialectModel, one_of, problem, problem_at
from odibi_nb.config.connections import AnyConnection
from odibi_nb.config.enums import BackoffStrategy, EngineType, LogLevel
from odibi_nb.config.node_tests import NodeTestConfig, checked_rows
from odibi_nb.config.nodes import PipelineConfig
from odibi_nb.exceptions import did_you_mean

__all__ = [
    "LoggingConfig",
    "ProjectConfig",
    "RetryConfig",
    "SettingsConfig",
    "StoreConfig",
    "StoryConfig",
    "SystemConfig",
]


class RetryConfig(DialectModel):
    """When a node's work is tried again; `max_attempts` counts all tries, the first one too."""

    enabled: bool = True
    max_attempts: int = Field(default=3, ge=1)
    backoff: Annotated[BackoffStrategy, one_of(BackoffStrategy)] = BackoffStrategy.EXPONENTIAL


class StoreConfig(DialectModel):
    """Where results outlive a session, `.odibi` beside the notebook; limit_gb: of all rows in it."""

    enabled: bool = True
    limit_gb: float = Field(default=10, gt=0)


def _as_store(value: Any) -> Any:
    if isinstance(value, bool):
        return {"enabled": value}
    if isinstance(value, str):
        hint = did_you_mean(value, ("true", "false")) or "write store: false, or store: {limit_gb: 5}"
        raise problem(f"'store' is true, false or a mapping, not '{value}'", hint)
    return value


class SettingsConfig(DialectModel):
    """How results are shown, computed and kept.

    preview: rows on cards; 0 keeps data out of saved files. source_files: what tells whether a source file has
    changed, its size and time or its bytes. duckdb: DuckDB's own settings, such as `threads`. store: `false` keeps
    results within the session.
    """

    preview: int | None = Field(default=None, ge=0)
    source_files: Literal["stat", "content"] = "stat"
    duckdb: dict[str, Any] = Field(default_factory=dict)
    store: Annotated[StoreConfig, BeforeValidator(_as_store)] = StoreConfig()


class LoggingConfig(DialectModel):
    level: Annotated[LogLevel, one_of(LogLevel)] = LogLevel.INFO


class StoryConfig(DialectModel):
    """Where the report of each run goes: into `.odibi` beside the project, unless a connection is named."""

    connection: str | None = None
    path: str | None = None
    max_sample_rows: int = Field(default=10, ge=0)
    auto_generate: bool = True
    retention_days: int | None = Field(default=30, ge=1)
    retention_count: int | None = Field(default=100, ge=1)


class SystemConfig(DialectModel):
    """Where Odibi keeps its catalog."""

    connection: str
    path: str = "_odibi_system"
    environment: str | None = None


def _as_mocks(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise problem("mocks gives nodes the rows of their inputs", _MOCKS)
    for node, inputs in value.items():
        if not isinstance(inputs, Mapping):
            raise problem_at((node,), inputs, f"the mocks of '{node}' map each input to its rows", _MOCKS)
        for name, rows in inputs.items():
            checked_rows(rows, (node, name))
    return value


def _as_tests(value: Any) -> Any:
    for node, tests in value.items() if isinstance(value, Mapping) else ():
        for name in tests if isinstance(tests, Mapping) else ():
            if not re.fullmatch(r"\w+", str(name)):
                message = f"a test's name is made of letters, digits and underscores, not '{name}'"
                raise problem_at((node, name), tests[name], message)
    return value


_MOCKS = "mocks: {by_region: {sales: [{amount: 5}]}}"


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class ProjectConfig(DialectModel):
    """A whole project, or what a `%%odibi_project` cell says of one.

    pipeline: the name of the notebook's own pipeline; files list theirs under `pipelines`.
    retry: None is a single attempt. environments: overlays by name, of the same shape as a project.
    mocks: rows, or CSV text, by node and input; those of "*" are for every node. tests: unit tests by node and name.
    In both, `${…}` is text like any other.
    """

    project: str | None = None
    pipeline: str | None = None
    description: str | None = None
    version: str | None = None
    owner: str | None = None
    engine: Annotated[EngineType, one_of(EngineType)] = EngineType.DUCKDB
    connections: dict[str, AnyConnection] = Field(default_factory=dict)
    vars: dict[str, Any] = Field(default_factory=dict)
    settings: SettingsConfig = SettingsConfig()
    retry: RetryConfig | None = None
    logging: LoggingConfig = LoggingConfig()
    story: StoryConfig | None = None
    system: SystemConfig | None = None
    imports: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)
    environments: dict[str, dict[str, Any]] = Field(default_factory=dict)
    pipelines: list[PipelineConfig] = Field(default_factory=list)
    mocks: Annotated[dict[str, dict[str, list[dict[str, Any]] | str]], BeforeValidator(_as_mocks)] = Field(
        default_factory=dict
    )
    tests: Annotated[dict[str, dict[str, NodeTestConfig]], BeforeValidator(_as_tests)] = Field(default_factory=dict)

    @field_validator("environments")
    @classmethod
    def _overlays_have_known_keys(cls, environments: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        known = cls.model_fields.keys() - {"environments", "imports"}
        for name, overlay in environments.items():
            for key in overlay.keys() - known:
                hint = did_you_mean(key, known)
                raise problem_at((name, key), overlay[key], f"unknown key '{key}' in environment '{name}'", hint)
        return environments

    @model_validator(mode="after")
    def _pipelines_have_their_own_names(self) -> Self:
        names = Counter(pipeline.pipeline for pipeline in self.pipelines)
        if twice := [name for name, count in names.items() if count > 1]:
            raise problem(f"two pipelines are called '{twice[0]}'", "give each its own name")
        return self

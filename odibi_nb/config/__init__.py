"""The dialect: what a project, a pipeline and a node may say, in YAML and in Python alike.

Every model is frozen and closed: `NodeConfig(fromat="csv")` raises pydantic's ValidationError and suggests the key.
Read from YAML (`odibi_nb.project_file`), the same mistake is a ConfigValidationError with file, line and key.
"""

from __future__ import annotations

from odibi_nb.config.access import ReadConfig, WriteConfig
from odibi_nb.config.checks import CheckConfig, ValidationConfig
from odibi_nb.config.connections import (
    BaseConnectionConfig,
    LocalConnectionConfig,
    connection_configs,
    register_connection_config,
)
from odibi_nb.config.enums import (
    BackoffStrategy,
    CheckAction,
    CheckType,
    ConnectionType,
    EngineType,
    ErrorStrategy,
    LogLevel,
    WriteMode,
)
from odibi_nb.config.nodes import NodeConfig, PipelineConfig
from odibi_nb.config.project import (
    LoggingConfig,
    ProjectConfig,
    RetryConfig,
    SettingsConfig,
    StoreConfig,
    StoryConfig,
    SystemConfig,
)
from odibi_nb.config.schema import json_schema
from odibi_nb.config.transforms import TransformConfig, TransformStep

__all__ = [
    "BackoffStrategy",
    "BaseConnectionConfig",
    "CheckAction",
    "CheckConfig",
    "CheckType",
    "ConnectionType",
    "EngineType",
    "ErrorStrategy",
    "LocalConnectionConfig",
    "LogLevel",
    "LoggingConfig",
    "NodeConfig",
    "PipelineConfig",
    "ProjectConfig",
    "ReadConfig",
    "RetryConfig",
    "SettingsConfig",
    "StoreConfig",
    "StoryConfig",
    "SystemConfig",
    "TransformConfig",
    "TransformStep",
    "ValidationConfig",
    "WriteConfig",
    "WriteMode",
    "connection_configs",
    "json_schema",
    "register_connection_config",
]

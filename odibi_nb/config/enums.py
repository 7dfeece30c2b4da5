"""The words of the dialect; each compares equal to its text."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "BackoffStrategy",
    "CheckAction",
    "CheckType",
    "ConnectionType",
    "EngineType",
    "ErrorStrategy",
    "LogLevel",
    "WriteMode",
]


class EngineType(StrEnum):
    """Who computes; `polars` is accepted for Odibi's files and runs on the default engine."""

    DUCKDB = "duckdb"
    PANDAS = "pandas"
    POLARS = "polars"
    SPARK = "spark"


class ConnectionType(StrEnum):
    """The kinds of connection that Odibi names; plug-ins add theirs by name."""

    LOCAL = "local"
    AZURE_BLOB = "azure_blob"
    DELTA = "delta"
    SQL_SERVER = "sql_server"
    HTTP = "http"


class WriteMode(StrEnum):
    """What a write does with the rows already there."""

    OVERWRITE = "overwrite"
    APPEND = "append"
    UPSERT = "upsert"
    APPEND_ONCE = "append_once"
    MERGE = "merge"

    @property
    def needs_keys(self) -> bool:
        return self in {WriteMode.UPSERT, WriteMode.APPEND_ONCE}


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class ErrorStrategy(StrEnum):
    """What a node's failure does to independent nodes: let them run, or stop the run."""

    FAIL_LATER = "fail_later"
    FAIL_FAST = "fail_fast"
    IGNORE = "ignore"


class BackoffStrategy(StrEnum):
    """How the wait between attempts grows."""

    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    CONSTANT = "constant"


class CheckType(StrEnum):
    """What a data test looks at."""

    NOT_NULL = "not_null"
    UNIQUE = "unique"
    ACCEPTED_VALUES = "accepted_values"
    ROW_COUNT = "row_count"
    CUSTOM_SQL = "custom_sql"


class CheckAction(StrEnum):
    """What a data test does when rows break it."""

    FAIL = "fail"
    WARN = "warn"

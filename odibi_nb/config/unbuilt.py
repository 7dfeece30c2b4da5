"""What Odibi's dialect has and odibi_nb has not built yet: one table, so that nothing is ignored in silence.

A feature that gets built loses its row here and gains a field in its model.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["UNBUILT_KEYS", "UNBUILT_VALUES", "not_built"]

UNBUILT_KEYS: Mapping[str, frozenset[str]] = {
    "ProjectConfig": frozenset({"alerts", "lineage", "performance", "recipes", "semantic"}),
    "PipelineConfig": frozenset({"auto_cache_threshold", "freshness_anchor", "freshness_sla", "tags"}),
    "NodeConfig": frozenset(
        {
            "columns", "contracts", "explanation", "explanation_file", "incremental", "log_level",
            "materialized", "params", "pattern", "post_sql", "pre_sql", "privacy", "recipe", "recipe_vars",
            "runbook_url", "schema_policy", "streaming", "transformer",
        }
    ),
    "ReadConfig": frozenset(
        {
            "archive_options", "filter", "incremental", "query", "schema_ddl", "sql_file", "streaming", "time_travel",
        }
    ),
    "WriteConfig": frozenset(
        {
            "add_metadata", "auto_optimize", "first_run_query", "merge_keys", "merge_options", "merge_schema",
            "overwrite_options", "overwrite_schema", "partition_by", "register_table", "skip_hash_columns",
            "skip_hash_sort_columns", "skip_if_unchanged", "streaming", "table_properties", "zorder_by",
        }
    ),
    "ValidationConfig": frozenset({"cache_df", "fail_fast", "gate", "on_fail", "quarantine"}),
    "CheckConfig": frozenset({"lookback_days", "max_age", "metric", "pattern", "strict", "threshold"}),
    "LocalConnectionConfig": frozenset({"validation_mode"}),
    "LoggingConfig": frozenset({"metadata", "structured"}),
    "StoryConfig": frozenset(
        {
            "async_generation", "docs", "failure_sample_size", "generate_lineage", "max_failure_samples",
            "max_sampled_validations",
        }
    ),
    "SystemConfig": frozenset(
        {
            "async_derived_updates", "async_lineage", "cost_per_compute_hour", "databricks_billing_enabled",
            "optimize_catalog", "retention_days", "schema_name", "skip_sync_wait_in_databricks", "sync_from",
            "sync_timeout_seconds", "sync_to",
        }
    ),
}  # fmt: skip

UNBUILT_VALUES: Mapping[str, frozenset[str]] = {
    "CheckType": frozenset({"distribution", "freshness", "range", "regex_match", "schema", "volume_drop"}),
    "CheckAction": frozenset({"quarantine"}),
    "ConnectionType": frozenset(
        {
            "abfss", "adls", "azure_adls", "azure_blob", "azure_sql", "databricks", "delta", "duckdb", "gcs", "http",
            "mssql", "mysql", "odbc", "oracle", "postgres", "postgresql", "s3", "snowflake", "sql_server", "sqlite",
            "unity_catalog",
        }
    ),
    "EngineType": frozenset({"spark"}),
    "ErrorStrategy": frozenset({"ignore"}),
    "Format": frozenset({"api", "avro", "azure_sql", "cloudFiles", "delta", "simulation", "sql", "sql_server"}),
    "WriteMode": frozenset({"merge"}),
}  # fmt: skip


def not_built(feature: str) -> str:
    """Return the sentence that says a feature isn't there yet."""
    return f"'{feature}' is a feature of Odibi that odibi_nb has not built yet"

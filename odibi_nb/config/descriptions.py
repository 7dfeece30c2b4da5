"""What each key of the dialect says, for editors that show help: by model and key."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DESCRIPTIONS"]

_TYPE = "the kind of connection"
_PLACE: Mapping[str, str] = {
    "connection": "the name of a connection",
    "format": "the format of the files; without it the path's extension says it",
    "path": "a path below the connection's place; to be read also a pattern (sales_*.csv) or a folder",
    "table": "a table of the connection, in place of a path",
}

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "ProjectConfig": {
        "project": "the project's name",
        "pipeline": "the name of a notebook's own pipeline; files list theirs under `pipelines`",
        "description": "what the project is for",
        "version": "a label",
        "owner": "a label: whom to ask",
        "engine": "who computes: duckdb, or pandas; polars is accepted and runs on duckdb",
        "connections": "where data lives, by name: {local: {type: local, base_path: ./data}}",
        "vars": "parameters of the nodes with their values: $name in SQL, a parameter of that name in Python",
        "settings": "how results are shown, computed and kept",
        "retry": "when a node's work is tried again; without it each node has one attempt",
        "logging": "how much is said",
        "story": "where the report of each run goes",
        "system": "where Odibi keeps its catalog; accepted for Odibi's files",
        "imports": "other YAML files whose pipelines, connections and vars come along; paths from this file's folder",
        "environments": "overlays by name, of the same shape as a project; `--env NAME` lays one over it",
        "pipelines": "the pipelines with their nodes",
        "mocks": "rows of inputs by node and input, as a list or CSV text; those of '*' are for every node",
        "tests": "unit tests by node and name",
    },
    "PipelineConfig": {
        "pipeline": "the pipeline's name",
        "description": "what the pipeline is for",
        "layer": "a label, such as silver; the graph can be collapsed by it",
        "owner": "a label: whom to ask",
        "nodes": "the nodes, in any order",
    },
    "NodeConfig": {
        "name": "the node's name: letters, digits and underscores, unique in the project",
        "description": "what the node is for",
        "tags": "words to select nodes by: tag:daily",
        "enabled": "false: the node and all below it are left out of runs",
        "depends_on": "upstream nodes beside those that its SQL and functions name",
        "inputs": "names for its SQL and functions, each a node's name or something to read",
        "read": "the source that the node starts from; its SQL sees it as df",
        "transform": "what the node does, step by step",
        "write": "where a run writes the node's rows",
        "materialize": "what the result becomes: view, table or store (a file); without it the engine chooses",
        "returns": "what its Python returns: frame (rows), object (any value), none (it has an effect only)",
        "cache": "whether a result may be taken for fresh; without it: unless the node reads the outside world",
        "process": "whether its Python runs in a process of its own; without it: as the run says",
        "preview": "rows on the node's card; 0 keeps data out of saved notebooks",
        "sensitive": "columns that are masked where rows are captured from this node or from one below it",
        "on_error": "what its failure does to nodes that don't need it: fail_later: they run, fail_fast: the run stops",
        "validation": "data tests, which run with the node; one that fails fails the node",
    },
    "ReadConfig": {**_PLACE, "options": "options of the format's reader: {sep: ';'}"},
    "WriteConfig": {
        **_PLACE,
        "options": "options of the format's writer; keys: the columns that identify a row",
        "mode": "what happens to the rows that are there; upsert and append_once need options.keys",
    },
    "TransformConfig": {"steps": "SQL texts, or mappings with one of sql, sql_file, function, operation"},
    "TransformStep": {
        "sql": "a query; it sees upstream nodes by name, the result so far as df, and $parameters",
        "sql_file": "a file with a query, by its path from this file's folder",
        "function": "a function that transforms.py marks with @transform, or a registered one",
        "operation": "a built-in: sort, filter, select, drop, rename, cast, fillna, drop_duplicates, sample, pivot",
        "params": "arguments of the function or operation",
    },
    "ValidationConfig": {
        "mode": "what a broken test does unless it says on_fail itself: fail the node, or warn",
        "tests": "the data tests",
    },
    "CheckConfig": {
        "type": "what is tested; it says which other keys there are",
        "name": "what the test is called in reports",
        "on_fail": "fail the node, or only warn; without it as the validation's mode",
        "column": "the column that is tested",
        "columns": "the columns that are tested",
        "values": "accepted_values: the values that may be there",
        "min": "row_count: at least so many rows",
        "max": "row_count: at most so many rows",
        "condition": "custom_sql: what must hold on every row; NULL passes",
        "sql": "custom_sql: a SELECT of the bad rows, which sees the node by its name",
    },
    "NodeTestConfig": {
        "given": "for each input its rows, CSV text or mock; or mock for all of them",
        "expect": "the rows that the node should give, or one of rows, count and error",
        "params": "values of parameters, for this test",
        "ordered": "true: the rows come in this order",
        "exact": "true: no other columns, in this order; 12 is not 12.0",
        "tolerance": "how far numbers may be apart; else 1e-9 for floats and nothing for other numbers",
        "fill": "values for columns that rows leave out, by input and column; null: NULL where another row has a value",
        "types": "types of given columns, by input and column, in DuckDB's names",
    },
    "ExpectConfig": {
        "rows": "the rows, in any order; other columns don't count",
        "count": "how many rows there are",
        "error": "a part of the error's message, or type and message",
    },
    "ExpectedErrorConfig": {
        "message": "a part of what the error says",
        "type": "the name of its class, or of one that this is derived from",
    },
    "SettingsConfig": {
        "preview": "rows on cards; 0 keeps data out of saved notebooks",
        "source_files": "what tells that a source file has changed: stat (size and time) or content (its bytes)",
        "duckdb": "DuckDB's own settings: {memory_limit: 8GB, threads: 4}",
        "store": "whether and how results outlive a session; false keeps none",
    },
    "StoreConfig": {
        "enabled": "whether results are kept in .odibi",
        "limit_gb": "beyond so many GB what was of no use for longest is removed",
    },
    "RetryConfig": {
        "enabled": "false: one attempt, whatever else stands here",
        "max_attempts": "how often a node is tried in all",
        "backoff": "how the wait between attempts grows",
    },
    "LoggingConfig": {"level": "the least level that is logged"},
    "StoryConfig": {
        "connection": "the name of a connection",
        "path": "the folder of the reports, below the connection's place",
        "max_sample_rows": "rows of each node that a report shows",
        "auto_generate": "false: no report is written",
        "retention_days": "reports older than so many days are removed",
        "retention_count": "beyond so many reports the oldest are removed",
    },
    "SystemConfig": {
        "connection": "the name of a connection",
        "path": "the folder of the catalog",
        "environment": "a label of what is run here",
    },
    "BaseConnectionConfig": {"type": _TYPE},
    "LocalConnectionConfig": {
        "type": _TYPE,
        "base_path": "the folder of the files; a relative one starts at this file's folder",
    },
}

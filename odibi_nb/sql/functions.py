"""What DuckDB's functions do to rows, by lower-cased name; tests compare the tables with DuckDB itself."""

from __future__ import annotations

from pathlib import PurePosixPath

__all__ = [
    "AGGREGATES",
    "FILE_READERS",
    "ROW_MAKERS",
    "VOLATILE",
    "VOLATILE_WORDS",
    "file_format",
]


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


AGGREGATES = _names(
    """
    any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last
    arg_min arg_min_null arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and
    bool_or combine_aggr corr count count_if count_star countif covar_pop covar_samp decimal_average entropy favg first
    fsum geomean geometric_mean group_concat histogram histogram_exact json_group_array json_group_object
    json_group_structure kahan_sum kurtosis kurtosis_pop last list listagg lttb mad max max_by mean median min min_by
    mode product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
    regr_sxx regr_sxy regr_syy reservoir_quantile sem skewness stddev stddev_pop stddev_samp string_agg sum
    sum_no_overflow sumkahan var_pop var_samp variance variant_group_array variant_group_object wavg weighted_avg
    """
)

# Calls in a select list that make several rows of one.
ROW_MAKERS = frozenset({"generate_subscripts", "regexp_split_to_table", "unlist", "unnest"})

# Calls whose value depends on more than their arguments: time, chance, state of the database or the session.
VOLATILE = _names(
    """
    age ago current_catalog current_connection_id current_database current_date current_localtime
    current_localtimestamp current_query current_query_id current_schema current_schemas current_setting
    current_transaction_id currval gen_random_uuid get_current_time get_current_timestamp getenv getvariable
    in_search_path nextval now random setseed setval sleep_ms today transaction_timestamp txid_current uuid uuidv4
    uuidv7 write_log
    """
)

# Those that SQL calls without parentheses.
VOLATILE_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})

# Table functions that read files, and the format they read (None: no format of ours).
FILE_READERS: dict[str, str | None] = {
    **dict.fromkeys(("read_csv", "read_csv_auto", "sniff_csv"), "csv"),
    **dict.fromkeys(("read_parquet", "parquet_scan"), "parquet"),
    **dict.fromkeys(("parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata"), "parquet"),
    **dict.fromkeys(("parquet_bloom_probe", "parquet_full_metadata", "parquet_page_index"), "parquet"),
    **dict.fromkeys(("read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto"), "json"),
    **dict.fromkeys(("read_ndjson", "read_ndjson_auto", "read_ndjson_objects"), "json"),
    "read_xlsx": "excel",
    "delta_scan": "delta",
    **dict.fromkeys(("glob", "iceberg_scan", "read_blob", "read_duckdb", "read_text", "sqlite_scan"), None),
}

_FORMATS = {
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".parquet", ".parq"), "parquet"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    ".xlsx": "excel",
    ".duckdb": None,
}
_COMPRESSIONS = frozenset({".gz", ".zst"})


def file_format(path: str) -> str | None:
    """Return the format that a path's extension tells, or None."""
    if "." not in path:  # a table's name, as most are
        return None
    suffixes = [suffix.lower() for suffix in PurePosixPath(path).suffixes]
    while suffixes and suffixes[-1] in _COMPRESSIONS:
        suffixes.pop()
    return _FORMATS.get(suffixes[-1]) if suffixes else None

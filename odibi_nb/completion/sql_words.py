"""Words of DuckDB's SQL that are worth offering: the usual ones, not all."""

from __future__ import annotations

__all__ = ["AFTER_TABLE", "FUNCTIONS", "KEYWORDS", "OPENINGS"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KEYWORDS = _words(
    """
    SELECT FROM WHERE JOIN ON USING GROUP BY ORDER HAVING LIMIT OFFSET DISTINCT UNION ALL EXCEPT INTERSECT WITH
    RECURSIVE AS AND OR NOT IN IS NULL BETWEEN LIKE ILIKE CASE WHEN THEN ELSE END EXISTS CAST TRY_CAST EXCLUDE REPLACE
    RENAME LEFT RIGHT FULL INNER OUTER CROSS ANTI SEMI ASOF NATURAL LATERAL OVER PARTITION ROWS RANGE QUALIFY WINDOW
    FILTER ASC DESC NULLS FIRST LAST VALUES PIVOT UNPIVOT SUMMARIZE DESCRIBE INTERVAL DATE TIMESTAMP TRUE FALSE
    TABLESAMPLE
    """
)

OPENINGS = ("SELECT", "FROM", "WITH")
AFTER_TABLE = ("WHERE", "JOIN", "LEFT JOIN", "GROUP BY", "ORDER BY", "LIMIT", "UNION ALL")

FUNCTIONS = _words(
    """
    abs any_value arg_max arg_min array_agg avg bool_and bool_or ceil coalesce concat concat_ws contains count
    count_if date_diff date_part date_trunc day dayname dense_rank epoch first first_value floor format greatest hash
    hour ifnull isnan json_extract lag last last_day last_value lead least len length list list_contains ln log lower
    lpad ltrim max max_by md5 median min min_by minute mode month monthname ntile nullif percent_rank power
    quantile_cont range rank read_csv read_json read_parquet regexp_extract regexp_matches regexp_replace replace
    reverse round row_number rpad rtrim sign split_part sqrt starts_with stddev strftime string_agg string_split
    strptime struct_pack substr substring sum trim try_strptime unnest upper variance year
    """
)

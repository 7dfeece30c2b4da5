from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Optional

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from odibi_nb.registry import frame_kind


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (pd.DataFrame, "pandas"),
        (pa.Table, "arrow"),
        (pl.DataFrame, "polars"),
        (duckdb.DuckDBPyRelation, "relation"),
        (pa.RecordBatchReader, "batches"),
        (Iterator[pa.RecordBatch], "batches"),
        (pd.DataFrame | None, "pandas"),
        (Optional[pa.Table], "arrow"),  # noqa: UP045
        (Optional["pa.Table"], "arrow"),
        (Annotated[pd.DataFrame, object()], "pandas"),
        ("pd.DataFrame", "pandas"),
        ("pandas.DataFrame", "pandas"),
        ("DataFrame", "pandas"),
        ("pa.Table", "arrow"),
        ("pl.DataFrame", "polars"),
        ("duckdb.DuckDBPyRelation", "relation"),
        ("DuckDBPyRelation", "relation"),
        ("Iterator[pa.RecordBatch]", "batches"),
        ("None | pd.DataFrame", "pandas"),
        ("'pd.DataFrame'", "pandas"),
        ("typing.Annotated[pd.DataFrame, 'sales']", "pandas"),
    ],
)
def test_a_frame_annotation_tells_its_kind(annotation, kind):
    assert frame_kind(annotation) == kind


@pytest.mark.parametrize(
    "annotation",
    [
        str,
        None,
        int | None,
        list[pd.DataFrame],
        pd.Series,
        "str",
        "dask.DataFrame",
        "list[pd.DataFrame]",
        "not a type",
        "",
    ],
)
def test_what_is_no_frame_has_no_kind(annotation):
    assert frame_kind(annotation) is None

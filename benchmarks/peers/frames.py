"""The five steps on sales as functions of pandas frames, for the peers that run such."""

from __future__ import annotations

import pandas as pd

__all__ = ["by_region", "make_frame", "sales_with_region", "valid_sales"]


def make_frame() -> pd.DataFrame:
    return pd.DataFrame({"id": range(10), "amount": [n / 2 for n in range(10)], "name": list("abcdefghij")})


def valid_sales(load_sales: pd.DataFrame) -> pd.DataFrame:
    return load_sales[(load_sales["channel"] != "test") & (load_sales["cents"] >= 1000)]


def sales_with_region(valid_sales: pd.DataFrame, load_stores: pd.DataFrame) -> pd.DataFrame:
    return valid_sales.merge(load_stores, on="store_id")


def by_region(sales_with_region: pd.DataFrame) -> pd.DataFrame:
    sales = sales_with_region.assign(
        month=pd.to_datetime(sales_with_region["sold_on"]).dt.to_period("M").dt.start_time,
        pieces=sales_with_region["quantity"].astype("int64"),
        total=sales_with_region["quantity"] * sales_with_region["cents"],
    )
    grouped = sales.groupby(["region", "month", "channel"], as_index=False)
    return grouped.agg(sales=("id", "size"), pieces=("pieces", "sum"), cents=("total", "sum"))

"""The functions of odibi.yaml; a parameter that names a node gets its rows as a pandas frame."""

import pandas as pd

from odibi_nb import transform


@transform
def clean_sales(load_sales: pd.DataFrame) -> pd.DataFrame:
    sales = load_sales[load_sales["status"] == "paid"].drop_duplicates("sale_id")
    region = sales["region"].str.strip().str.lower()
    amount = (sales["quantity"] * sales["unit_price"]).round(2)
    return sales.assign(region=region, amount=amount).dropna(subset=["region"])

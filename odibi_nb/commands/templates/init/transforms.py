"""The functions of odibi.yaml; a parameter that names a node gets its rows as a pandas frame."""

import pandas as pd

from odibi_nb import transform


@transform
def clean_orders(load_orders: pd.DataFrame) -> pd.DataFrame:
    return load_orders.drop_duplicates("order_id").dropna(subset=["customer"])

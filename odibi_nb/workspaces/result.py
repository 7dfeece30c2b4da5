"""A node's result, as `workspace()["name"]` gives it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import UnknownNameError
from odibi_nb.runner import NodeResult, Status

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

    from odibi_nb.engine.base import Dataset
    from odibi_nb.engine.schema import Schema

__all__ = ["Result"]


class Result:
    """The last result of a node; on a stale node, with a warning, the one from before.

    Example: `ws["by_region"].df()`.
    """

    def __init__(self, result: NodeResult | None, name: str, status: Status) -> None:
        self._result, self.name, self.status = result, name, status

    def df(self) -> pd.DataFrame:
        """Return all rows as a pandas DataFrame of the caller's own."""
        frame: pd.DataFrame = self._dataset().frame("pandas")
        return frame

    def arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        return self._dataset().arrow()

    def relation(self) -> duckdb.DuckDBPyRelation:
        """Return a DuckDB relation: nothing is read until it is asked for rows."""
        relation: duckdb.DuckDBPyRelation = self._dataset().frame("relation")
        return relation

    def preview(self, n: int = 10) -> pd.DataFrame:
        """Return the first `n` rows, in result order."""
        from odibi_nb.engine.types import to_pandas

        return to_pandas(self._dataset().first(n))

    @property
    def value(self) -> Any:
        """What the node returned, for one with `--returns object`."""
        return self._dataset().frame()

    @property
    def rows(self) -> int:
        """The exact number of rows; may run a counting query."""
        return self._dataset().count()

    @property
    def schema(self) -> Schema:
        """Column names and DuckDB types, in order."""
        return self._dataset().schema

    def __repr__(self) -> str:
        return f"<result of {self.name}: {self.status}>"

    def _dataset(self) -> Dataset:
        if self._result is None or self._result.dataset is None:
            why = self._result.error if self._result is not None and self._result.error else None
            raise UnknownNameError(
                f"node '{self.name}' has no result: it is {self.status}",
                hint=why.message if why else f"run it: %odibi run +{self.name}",
                node=self.name,
            )
        data = self._result.dataset
        if self.status == "stale":
            if (file := data.lost_file) is not None:
                raise UnknownNameError(
                    f"the last result of '{self.name}' is gone: it was read from '{file}', which has changed since",
                    hint=f"run it again: %odibi run +{self.name}",
                    node=self.name,
                )
            warnings.warn(f"'{self.name}' is stale: this is its last result", stacklevel=3)
        return data

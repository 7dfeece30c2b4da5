"""A node's result, as `workspace()["name"]` gives it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, UnknownNameError, UsageError
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

    told: what its run has told of it; None: it never ran. blame: makes of an error in its rows the one to raise.

    Example: `ws["by_region"].df()`.
    """

    def __init__(
        self,
        told: NodeResult | None,
        name: str,
        status: Status,
        *,
        blame: Callable[[OdibiException], OdibiException] = lambda error: error,
    ) -> None:
        self.told, self.name, self.status = told, name, status
        self._blame = blame

    def df(self) -> pd.DataFrame:
        """Return all rows as a pandas DataFrame of the caller's own: `ws["by_region"].df()`."""
        data = self._dataset()
        with self._blaming():
            frame: pd.DataFrame = data.frame("pandas")
        return frame

    def arrow(self) -> pa.Table:
        """Return all rows as an Arrow table: `ws["by_region"].arrow()`."""
        data = self._dataset()
        with self._blaming():
            return data.arrow()

    def relation(self) -> duckdb.DuckDBPyRelation:
        """Return a DuckDB relation; nothing is read until it is asked for rows: `ws["by_region"].relation()`."""
        relation: duckdb.DuckDBPyRelation = self._dataset().frame("relation")
        return relation

    def preview(self, n: int = 10) -> pd.DataFrame:
        """Return the first `n` rows, in result order: `ws["by_region"].preview(3)`."""
        from odibi_nb.engine.types import to_pandas

        if not hasattr(n, "__index__") or n < 0:
            raise UsageError(f"preview takes a number of rows, not {n!r}", node=self.name)
        data = self._dataset()
        with self._blaming():
            return to_pandas(data.first(n))

    @property
    def value(self) -> Any:
        """What the node returned, for one with `--returns object`: `ws["model"].value`."""
        return self._dataset().frame()

    @property
    def rows(self) -> int:
        """The exact number of rows; may run a counting query: `ws["by_region"].rows`."""
        data = self._dataset()
        with self._blaming():
            return data.count()

    @property
    def schema(self) -> Schema:
        """Column names and DuckDB types, in order: `ws["by_region"].schema`."""
        return self._dataset().schema

    def __repr__(self) -> str:
        return f"<result of {self.name}: {self.status}>"

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        """Say whose fault it is when rows that were left to be computed can't be."""
        try:
            yield
        except OdibiException as exc:
            raise self._blame(exc) from exc.__cause__

    def _dataset(self) -> Dataset:
        if self.told is None or self.told.dataset is None:
            why = self.told.error if self.told is not None and self.told.error else None
            raise UnknownNameError(
                f"node '{self.name}' has no result: it is {self.status}",
                hint=why.message if why else f"run it: %odibi run +{self.name}",
                node=self.name,
            )
        data = self.told.dataset
        if self.status == "stale":
            if (lost := data.lost) is not None:
                raise UnknownNameError(
                    f"the last result of '{self.name}' is gone: it was {lost}",
                    hint=f"run it again: %odibi run +{self.name}",
                    node=self.name,
                )
            warnings.warn(f"'{self.name}' is stale: this is its last result", stacklevel=3)
        return data

"""Where a node reads from and writes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from odibi_nb.config.base import LEAVE_OUT, DialectModel, one_of, problem, problem_at
from odibi_nb.config.enums import WriteMode
from odibi_nb.config.unbuilt import UNBUILT_VALUES, not_built

__all__ = ["ReadConfig", "WriteConfig"]


class _AccessConfig(DialectModel):
    """A place on a connection; without `format`, the path's extension says it."""

    connection: str
    format: str | None = None
    path: str | None = None
    table: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _is_built(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("connection") is not None:
            return data
        form = data.get("format")
        if isinstance(form, str) and form in UNBUILT_VALUES["Format"]:  # Odibi's simulations name none
            raise problem_at(("format",), form, not_built(f"format: {form}"), LEAVE_OUT)
        return data

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if not (self.path or self.table):
            raise problem(f"'{self._word}' needs 'path' or 'table'", "write path: sales.csv")
        return self

    @property
    def place(self) -> str:
        """The place in a word, "CONN:PATH"."""
        return f"{self.connection}:{self.path or self.table}"

    @property
    def _word(self) -> str:
        return type(self).__name__.removesuffix("Config").lower()


class ReadConfig(_AccessConfig):
    """What a node reads; `options` go to the format's reader."""


class WriteConfig(_AccessConfig):
    """Where a node's rows go; `options` go to the format's writer, except `keys`."""

    mode: Annotated[WriteMode, one_of(WriteMode)] = WriteMode.OVERWRITE

    @property
    def keys(self) -> list[str]:
        """The columns that identify a row (`options.keys`); [] when none are given."""
        keys = self.options.get("keys") or []
        return [keys] if isinstance(keys, str) else keys

    @model_validator(mode="after")
    def _has_keys_if_needed(self) -> Self:
        keys = self.keys
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise problem("'options.keys' is a list of column names", "write options: {keys: [id]}")
        if self.mode.needs_keys and not keys:
            raise problem(f"mode '{self.mode}' needs 'options.keys'", "write options: {keys: [id]}")
        return self

"""Data tests that run with a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from odibi_nb.config.base import DialectModel, one_of, problem, problem_at
from odibi_nb.config.enums import CheckAction, CheckType

__all__ = ["CheckConfig", "ValidationConfig"]

# One of each group must be given; what is in no group of a type doesn't belong to it.
_FIELD_GROUPS: Mapping[CheckType, tuple[tuple[str, ...], ...]] = {
    CheckType.NOT_NULL: (("columns", "column"),),
    CheckType.UNIQUE: (("columns", "column"),),
    CheckType.ACCEPTED_VALUES: (("column",), ("values",)),
    CheckType.ROW_COUNT: (("min", "max"),),
    CheckType.CUSTOM_SQL: (("condition", "sql"),),
}
_COMMON = {"type", "name", "on_fail"}


class CheckConfig(DialectModel):
    """One data test; which other fields it takes depends on `type`.

    condition: SQL that must hold on every row. sql: a SELECT of the bad rows, which sees the node by its name.
    on_fail: None takes the mode of the node's validation.
    """

    type: Annotated[CheckType, one_of(CheckType)]
    name: str | None = None
    on_fail: Annotated[CheckAction | None, one_of(CheckAction)] = None
    column: str | None = None
    columns: list[str] | None = Field(default=None, min_length=1)
    values: list[Any] | None = None
    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)
    condition: str | None = None
    sql: str | None = None

    @property
    def checked_columns(self) -> list[str]:
        """The columns named by `column` or `columns`, in order."""
        return [*([self.column] if self.column else []), *(self.columns or [])]

    @model_validator(mode="after")
    def _has_the_fields_of_its_type(self) -> Self:
        groups = _FIELD_GROUPS[self.type]
        for group in groups:
            if all(getattr(self, field) is None for field in group):
                raise problem(f"a '{self.type}' test needs {' or '.join(group)}")
        own = _COMMON.union(*groups)
        for field in sorted(self.model_fields_set - own):
            raise problem_at((field,), getattr(self, field), f"a '{self.type}' test takes no '{field}'")
        if self.condition is not None and self.sql is not None:
            hint = "keep one: what holds on every row, or a SELECT of the bad ones"
            raise problem_at(("sql",), self.sql, "a 'custom_sql' test has either 'condition' or 'sql'", hint)
        return self


class ValidationConfig(DialectModel):
    """A node's data tests; `mode` is what a broken test does unless it says `on_fail` itself."""

    mode: Annotated[CheckAction, one_of(CheckAction)] = CheckAction.FAIL
    tests: list[CheckConfig] = Field(default_factory=list)

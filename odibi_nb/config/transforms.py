"""The steps a node applies, one after the other."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from odibi_nb.config.base import DialectModel, problem

__all__ = ["TransformConfig", "TransformStep"]

KINDS = ("sql", "sql_file", "function", "operation")


class TransformStep(DialectModel):
    """One step: exactly one of sql, sql_file, function, operation; a plain string is `sql`.

    sql_file: a path from the YAML file's folder.
    """

    sql: str | None = None
    sql_file: str | None = None
    function: str | None = None
    operation: str | None = None
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _text_is_sql(cls, data: Any) -> Any:
        return {"sql": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = f"both {' and '.join(given)}" if given else "none of them"
            raise problem(f"a step has exactly one of {', '.join(KINDS)}; this one has {found}")
        if not getattr(self, given[0]).strip():
            raise problem(f"the step's '{given[0]}' is empty")
        return self

    @property
    def kind(self) -> str:
        """Which of sql, sql_file, function and operation it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


class TransformConfig(DialectModel):
    """The steps in order; each one's result is the next one's `df`."""

    steps: list[TransformStep] = Field(min_length=1)

"""Nodes, and the pipelines they form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from odibi_nb.config.access import ReadConfig, WriteConfig
from odibi_nb.config.base import DialectModel, Name, checked_name, one_of, problem
from odibi_nb.config.checks import ValidationConfig
from odibi_nb.config.enums import ErrorStrategy
from odibi_nb.config.transforms import TransformConfig
from odibi_nb.config.unbuilt import not_built

__all__ = ["NodeConfig", "PipelineConfig"]

WORK = ("read", "inputs", "transform", "write")


def _as_input(value: Any) -> Any:
    # Built here, not by the union, whose errors would name each of its members.
    if isinstance(value, Mapping):
        return ReadConfig.model_validate(value)
    if isinstance(value, ReadConfig):
        return value
    if not isinstance(value, str):
        raise problem("an input is a node's name or a mapping with 'connection' and 'path'")
    if value.startswith("$"):
        raise problem(not_built(f"inputs: {value}"), "name a node of this pipeline", kind="not_built")
    return checked_name(value)


def _as_columns(value: Any) -> Any:
    if value is True:
        raise problem(not_built("sensitive: true"), "name the columns: sensitive: [email]", kind="not_built")
    return [] if value is False else value


class NodeConfig(DialectModel):
    """One node: what it reads, what it does, where it writes.

    inputs: names for the node's SQL and functions, each a node's name or something to read.
    materialize: what the result becomes; None lets the engine choose. preview: rows on its card; None takes the
    setting. cache: whether a result may be taken for fresh; None: unless it reads the outside world. process: whether
    its Python runs in a process of its own; None: as the run says. sensitive: columns to mask where rows are captured
    from this node, or from one below it.
    """

    name: Name
    description: str | None = None
    tags: list[str] = Field(default_factory=list)
    enabled: bool = True
    depends_on: list[str] = Field(default_factory=list)
    inputs: dict[Name, Annotated[str | ReadConfig, BeforeValidator(_as_input)]] = Field(default_factory=dict)
    read: ReadConfig | None = None
    transform: TransformConfig | None = None
    write: WriteConfig | None = None
    materialize: Literal["view", "table", "store"] | None = None
    returns: Literal["frame", "object", "none"] = "frame"
    cache: bool | None = None
    process: bool | None = None
    preview: int | None = Field(default=None, ge=0)
    sensitive: Annotated[list[str], BeforeValidator(_as_columns)] = Field(default_factory=list)
    on_error: Annotated[ErrorStrategy, one_of(ErrorStrategy)] = ErrorStrategy.FAIL_LATER
    validation: ValidationConfig | None = None

    @model_validator(mode="after")
    def _has_work(self) -> Self:
        if not any(getattr(self, field) for field in WORK):
            hint = "in a cell: SQL or Python below the line, or --read CONN:PATH, or --depends-on NODE to pass on"
            raise problem(f"node '{self.name}' needs at least one of {', '.join(WORK)}", hint)
        return self

    @model_validator(mode="after")
    def _sends_rows(self) -> Self:
        if self.process and self.returns == "object":
            raise problem(
                f"node '{self.name}' returns an object, and from a process only rows come back",
                "leave 'process' out, or return a DataFrame",
            )
        return self


class PipelineConfig(DialectModel):
    """Nodes that run together; `layer` and `owner` are labels."""

    pipeline: str = Field(min_length=1)
    description: str | None = None
    layer: str | None = None
    owner: str | None = None
    nodes: list[NodeConfig]

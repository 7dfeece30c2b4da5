"""DuckDB's plans and profiles as trees of operators, those of all its versions alike."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["SAMPLE", "Operator", "read_plan", "read_profile"]

SAMPLE = "STREAMING_SAMPLE"

# What a query's plan and its profile, or plans with other shares of a sample, say differently of one operator.
_CHANGING = frozenset({"Estimated Cardinality", "Sample Method", "Filename(s)", "Total Files Read", "Execution Mode"})


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """What a query does in one place.

    children: where its rows come from. details: as DuckDB words them. rows: that it has given out.
    seconds: that it has taken, of all threads.
    """

    kind: str
    children: tuple[Operator, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    rows: int = 0
    seconds: float = 0.0

    def __iter__(self) -> Iterator[Operator]:
        """Yield all operators of the tree, each before its children."""
        yield self
        for child in self.children:
            yield from child

    @property
    def filters(self) -> tuple[str, ...]:
        """What a scan leaves out at once."""
        found = self.details.get("Filters", ())
        return (found,) if isinstance(found, str) else tuple(found)

    @property
    def signature(self) -> str:
        """What it and all below it does, as a text; which files a scan reads is not in it."""
        said = sorted(item for item in self.details.items() if item[0] not in _CHANGING)
        return f"{self.kind}{said}({', '.join(child.signature for child in self.children)})"

    def is_like(self, other: Operator) -> bool:
        """Whether both trees do the same in the same places, as far as both tell."""
        told = (self.details.keys() & other.details.keys()) - _CHANGING
        return (
            self.kind == other.kind
            and all(self.details[key] == other.details[key] for key in told)
            and len(self.children) == len(other.children)
            and all(one.is_like(another) for one, another in zip(self.children, other.children, strict=True))
        )


def read_plan(text: str) -> Operator:
    """Read what EXPLAIN (FORMAT JSON) says."""
    return _operator(json.loads(text)[0])


def read_profile(text: str) -> Operator | None:
    """Read a profile in JSON, from the statement's own operator down; None: nothing was noted."""
    told = json.loads(text)
    roots = told.get("operator") or told.get("children")
    if not roots:
        return None
    root = _operator(roots[0])
    return root.children[0] if root.kind == "RESULT_COLLECTOR" else root


def _operator(told: Mapping[str, Any]) -> Operator:
    """Read an operator; DuckDB 1 and 2 have different names for what is told."""
    return Operator(
        str(told.get("name", told.get("operator_name"))).strip(),
        tuple(map(_operator, told.get("children", ()))),
        told.get("extra_info", {}),
        told.get("intermediate_rows", told.get("operator_cardinality", 0)),
        told.get("timing", told.get("operator_timing", 0.0)),
    )

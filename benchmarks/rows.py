"""One line of the report: what was measured, how much it scatters, and whether it meets its target."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Row", "scatter"]


@dataclass(frozen=True, slots=True)
class Row:
    """A measured quantity.

    who: whose it is, where several compete. samples: one a repetition, in `unit`; empty when it could not
    be measured, and `error` says why. target: the highest median that is good enough; at_least: the lowest.
    """

    name: str
    unit: str
    samples: tuple[float, ...] = ()
    who: str = "odibi_nb"
    target: float | None = None
    note: str = ""
    error: str = ""
    at_least: bool = False

    @property
    def median(self) -> float | None:
        return statistics.median(self.samples) if self.samples else None

    @property
    def verdict(self) -> str:
        """ "ok", "missed by 30%", or "" without a target."""
        if self.error:
            return "not measured"
        if self.target is None or self.median is None:
            return ""
        excess = self.target - self.median if self.at_least else self.median - self.target
        if excess <= 0:
            return "ok"
        return f"missed by {excess / self.target:.0%}" if self.target else "missed"

    @property
    def wanted(self) -> str:
        """The target as text, "" without one."""
        return "" if self.target is None else f"{'>=' if self.at_least else '<='} {self.target:g} {self.unit}".strip()

    @property
    def measured(self) -> str:
        """The median with its scatter, as text."""
        if self.median is None:
            return "-"
        low, high = scatter(self.samples)
        return f"{f'{_digits(self.median)} {self.unit}'.strip()} ({_digits(low)} to {_digits(high)})"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Row:
        """Return what `to_dict` was made of."""
        given = {field.name: values[field.name] for field in fields(cls)}
        return cls(**given | {"samples": tuple(values["samples"])})

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        low, high = scatter(self.samples) if self.samples else (None, None)
        return {
            "name": self.name,
            "who": self.who,
            "unit": self.unit,
            "median": self.median,
            "low": low,
            "high": high,
            "samples": list(self.samples),
            "target": self.target,
            "at_least": self.at_least,
            "verdict": self.verdict,
            "note": self.note,
            "error": self.error,
        }


def scatter(samples: Sequence[float]) -> tuple[float, float]:
    """Return the quartiles; of fewer than four samples, the extremes."""
    if len(samples) < 4:
        return min(samples), max(samples)
    low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
    return low, high


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

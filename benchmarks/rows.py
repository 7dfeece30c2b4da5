"""One line of the report: what was measured, how much it scatters, and whether it meets its target."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Row", "scatter"]


@dataclass(frozen=True, slots=True)
class Row:
    """A measured quantity.

    who: whose it is, where several compete. samples: one a repetition, in `unit`; empty when it could not
    be measured, and `error` says why. target: the highest median that is good enough.
    """

    name: str
    unit: str
    samples: tuple[float, ...] = ()
    who: str = "odibi_nb"
    target: float | None = None
    note: str = ""
    error: str = ""

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
        if self.median <= self.target:
            return "ok"
        return f"missed by {self.median / self.target - 1:.0%}" if self.target else "missed"

    @property
    def measured(self) -> str:
        """The median with its scatter, as text."""
        if self.median is None:
            return "-"
        low, high = scatter(self.samples)
        return f"{_digits(self.median)} {self.unit} ({_digits(low)} to {_digits(high)})"

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

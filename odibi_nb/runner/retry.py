"""Trying again what may heal by itself, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from odibi_nb.exceptions import ConnectionError, SourceNotFoundError

__all__ = ["Attempts"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often, and how long to wait: wait_s × 1, 1, 1 … (constant), 1, 2, 3 … (linear), 1, 2, 4 … (exponential)."""

    most: int = 1
    backoff: str = "exponential"
    wait_s: float = 1.0

    def call(self, work: Callable[[], T]) -> T:
        """Call `work`, again after an error of a connection: a misspelt column won't heal by waiting."""
        for attempt in range(1, self.most):
            try:
                return work()
            except SourceNotFoundError:
                raise
            except (ConnectionError, TimeoutError):
                time.sleep(self._pause_s(attempt))
        return work()

    def _pause_s(self, attempt: int) -> float:
        if self.backoff == "constant":
            return self.wait_s
        return self.wait_s * (attempt if self.backoff == "linear" else 2 ** (attempt - 1))

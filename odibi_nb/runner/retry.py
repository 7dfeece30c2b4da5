"""Trying again what may heal by itself, and nothing else."""

from __future__ import annotations

import builtins
import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from odibi_nb.exceptions import OdibiException, SourceNotFoundError

__all__ = ["Attempts"]

T = TypeVar("T")

_PASSING = {
    errno.EAGAIN, errno.EBUSY, errno.EHOSTUNREACH, errno.EINTR, errno.EIO, errno.ENETDOWN, errno.ENETUNREACH,
    errno.ESTALE, errno.ETIMEDOUT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often, and how long to wait: wait_s × 1, 1, 1 … (constant), 1, 2, 3 … (linear), 1, 2, 4 … (exponential)."""

    most: int = 1
    backoff: str = "exponential"
    wait_s: float = 1.0

    def call(self, work: Callable[[], T], *, sleep: Callable[[float], object] = time.sleep) -> T:
        """Call `work`, again after a fault of the network or the disk: a misspelt column won't heal by waiting."""
        for attempt in range(1, self.most):
            try:
                return work()
            except Exception as exc:
                if not _may_heal(exc):
                    raise
            sleep(self._pause_s(attempt))
        return work()

    def _pause_s(self, attempt: int) -> float:
        if self.backoff == "constant":
            return self.wait_s
        return self.wait_s * (attempt if self.backoff == "linear" else 2 ** (attempt - 1))


def _may_heal(exc: Exception) -> bool:
    return not isinstance(exc, SourceNotFoundError) and any(_is_passing(cause) for cause in _chain(exc))


def _is_passing(exc: BaseException) -> bool:
    if isinstance(exc, OdibiException):  # ours tell what is wrong with the call; what they stem from may pass
        return False
    if isinstance(exc, builtins.ConnectionError | TimeoutError):
        return True
    return isinstance(exc, OSError) and exc.errno in _PASSING


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__

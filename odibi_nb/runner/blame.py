"""Who is at fault when a query that evaluates several nodes at once fails."""

from __future__ import annotations

from collections.abc import Iterable

from odibi_nb.engine.base import Dataset, Engine
from odibi_nb.exceptions import OdibiException

__all__ = ["first_fault"]


def first_fault(
    engine: Engine, fused: Iterable[tuple[str, Dataset]], error: OdibiException
) -> tuple[str, OdibiException] | None:
    """Return the topmost fused node that fails by itself with the same message, and its error; None: none does.

    The message must be the same: evaluated in full, a node may fail on rows that the failed query never
    asked for, and that is not what went wrong.
    """
    for name, data in fused:
        try:
            engine.verify(data)
        except OdibiException as exc:
            if exc.message == error.message:
                return name, exc
    return None

"""Who is at fault when a query that evaluates several results at once fails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from odibi_nb.engine.base import Dataset, Engine
from odibi_nb.exceptions import NodeCancelled, OdibiException

__all__ = ["first_fault"]

T = TypeVar("T")

_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


def first_fault(
    engine: Engine, suspects: Iterable[tuple[T, Dataset]], error: OdibiException
) -> tuple[T, OdibiException] | None:
    """Return the first suspect that fails by itself in the same way, and its error; None: none does.

    suspects: lazy results, topmost first. It must be the same way: evaluated in full, a result may fail on
    rows that the failed query never asked for, and that is not what went wrong.
    """
    if not engine.is_about_rows(error):
        return None
    for who, data in suspects:
        try:
            engine.verify(data)
        except NodeCancelled:
            raise
        except OdibiException as exc:
            if _way(exc) == _way(error):
                return who, exc
    return None


def _way(error: OdibiException) -> str:
    """Return what went wrong without the value: of several bad rows threads find now this one, now that one."""
    return _VALUES.sub("", error.message)

"""Names that keys have."""

from __future__ import annotations

import re

__all__ = ["is_key_name"]

_KEY = re.compile(r"(.*_)?(id|key|code|no|nr|number|uuid)", re.IGNORECASE)


def is_key_name(column: str) -> bool:
    """Whether a column is called like one by which rows of several inputs find each other."""
    return _KEY.fullmatch(column) is not None

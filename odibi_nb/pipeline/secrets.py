"""Which parameters are nobody's business."""

from __future__ import annotations

import re

from odibi_nb.exceptions import shortened

__all__ = ["MASKED", "is_secret", "shown_parameter"]

MASKED = "***"
_SECRET = re.compile(
    r"passw|pwd|secret|token|credential|(api|access|private|account|shared|encryption|signing).?key|(^|_)(auth|sas|pin)(_|$)",
    re.IGNORECASE,
)
_LONGEST = 100


def is_secret(name: str) -> bool:
    """Whether a parameter of this name looks like one that gives access to something."""
    return _SECRET.search(name) is not None


def shown_parameter(name: str, value: object) -> str:
    """Return a parameter's value as a report shows it."""
    return MASKED if is_secret(name) else shortened(str(value), _LONGEST)

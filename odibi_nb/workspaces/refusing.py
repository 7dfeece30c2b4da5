"""What a run that can't start says: the first thing that is wrong, and how much more there is."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from odibi_nb.exceptions import OdibiException, plural

__all__ = ["refusal", "refusal_note"]


def refusal(problems: Sequence[OdibiException]) -> OdibiException:
    """Return the first problem, with the number of the others in its hint."""
    first = problems[0]
    if len(problems) == 1:
        return first
    told = copy(first)  # it is kept with its node, and will be told again
    told.__cause__ = first.__cause__
    told.hint = f"{first.hint} ({_more(problems)})" if first.hint else _more(problems)
    return told


def refusal_note(problems: Sequence[OdibiException]) -> str:
    """Return the same in a line, for a plan."""
    first, more = problems[0], f" ({_more(problems)})" if len(problems) > 1 else ""
    said = first.message.partition("\n")[0]
    owner = f"'{first.node}': " if first.node and f"'{first.node}'" not in said else ""
    return f"a run refuses to start: {owner}{said}{more}"


def _more(problems: Sequence[OdibiException]) -> str:
    return f"and {plural(len(problems) - 1, 'more problem')}: %odibi validate"

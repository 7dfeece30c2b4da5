"""Which operators of a plan are surely evaluated to their last row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from odibi_nb.engine.plans import Operator

__all__ = ["seen_whole"]

_INDEPENDENT = ("UNION", "CTE")
# They take all rows in before they give the first one out.
_COLLECTING = ("HASH_GROUP_BY", "PERFECT_HASH_GROUP_BY", "UNGROUPED_AGGREGATE", "ORDER_BY", "TOP_N", "WINDOW")


def seen_whole(root: Operator, *, ran: bool) -> Iterator[tuple[Operator, bool]]:
    """Yield all operators, each before its children, with whether all rows of it are known to come by, just once.

    ran: it is a profile: what is joined with nothing may not have been looked at.
    """
    return _walk(root, _Doubts(), ran)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """Why rows of an operator may not come by, or not once: a limit above it; anything else."""

    ends_early: bool = False
    others: bool = False

    def below(self, operator: Operator, child: Operator, *, ran: bool) -> _Doubts:
        """Return the doubts about a child; a recursion evaluates what is below it several times."""
        ends_early = (self.ends_early or "LIMIT" in operator.kind) and operator.kind not in _COLLECTING
        skipped = ran and _beside_nothing(operator, child)
        return _Doubts(ends_early, self.others or skipped or "REC" in operator.kind)


def _walk(operator: Operator, doubts: _Doubts, ran: bool) -> Iterator[tuple[Operator, bool]]:
    yield operator, doubts == _Doubts()
    below = [list(_walk(child, doubts.below(operator, child, ran=ran), ran)) for child in operator.children]
    if operator.kind == "CTE" and not all(whole for pairs in below[1:] for _, whole in pairs):
        # DuckDB 2 hands a CTE's rows on as they come, and stops with those who read it.
        below[0] = [(one, False) for one, _ in below[0]]
    for pairs in below:
        yield from pairs


def _beside_nothing(operator: Operator, child: Operator) -> bool:
    """Whether what is joined with `child` has no rows: then nobody may have asked for those of `child`."""
    if operator.kind in _INDEPENDENT:
        return False
    return any(_rows(other) == 0 for other in operator.children if other is not child)


def _rows(operator: Operator) -> int:
    """A union's own number isn't told."""
    return sum(map(_rows, operator.children)) if operator.kind == "UNION" else operator.rows

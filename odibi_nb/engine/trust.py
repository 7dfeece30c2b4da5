"""Which operators of a plan are surely evaluated to their last row."""

from __future__ import annotations

from collections.abc import Iterator

from odibi_nb.engine.plans import Operator

__all__ = ["seen_whole"]

# A limit may end what is below it early; a recursion evaluates it several times.
_NOT_JUST_ONCE = ("LIMIT", "REC")
_INDEPENDENT = ("UNION", "CTE")


def seen_whole(root: Operator, *, ran: bool) -> Iterator[tuple[Operator, bool]]:
    """Yield all operators, each before its children, with whether all rows of it are known to come by, just once.

    ran: it is a profile: what is joined with nothing may not have been looked at.
    """
    return _walk(root, True, ran)


def _walk(operator: Operator, whole: bool, ran: bool) -> Iterator[tuple[Operator, bool]]:
    yield operator, whole
    if any(word in operator.kind for word in _NOT_JUST_ONCE):
        whole = False
    below = []
    for child in operator.children:
        skipped = ran and _beside_nothing(operator, child)
        below.append(list(_walk(child, whole and not skipped, ran)))
    if operator.kind == "CTE" and not all(one for pairs in below[1:] for _, one in pairs):
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

"""Pairs of two groups: as many as fit together, or those that cost least."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

__all__ = ["cheapest_pairs", "fitting_pairs"]

# Up to here the best pairs are found; above it, good ones (the exact way takes cubic time).
_EXACT_CELLS = 2_500


def fitting_pairs(fits: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return as many pairs as there can be, by left member; fits: for each left member its right ones.

    Berge 1957: a pairing is as large as can be once no path leads from a free left member to a free right one.
    """
    left_of: dict[int, int] = {}
    for start in range(len(fits)):
        _augment(start, fits, left_of)
    return {left: right for right, left in left_of.items()}


def _augment(start: int, fits: Sequence[Sequence[int]], left_of: dict[int, int]) -> None:
    """Pair one more left member, moving others to where they fit too."""
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        left = queue.popleft()
        for right in fits[left]:
            if right in came_from:
                continue
            came_from[right] = left
            if right not in left_of:
                _turn(right, came_from, left_of)
                return
            queue.append(left_of[right])


def _turn(right: int, came_from: dict[int, int], left_of: dict[int, int]) -> None:
    """Give each left member on the path to a free right one the right member after it."""
    right_of = {left: other for other, left in left_of.items()}
    at: int | None = right
    while at is not None:
        left = came_from[at]
        before = right_of.get(left)
        left_of[at] = left
        at = before


def cheapest_pairs(costs: Sequence[Sequence[float]]) -> dict[int, int]:
    """Return row → column for every row, or for every column where there are fewer; together they cost least.

    costs: a full matrix. Beyond 2,500 entries it takes the cheapest pair first, then the next.
    """
    if not costs or not costs[0]:
        return {}
    if len(costs) * len(costs[0]) > _EXACT_CELLS:
        return _greedy(costs)
    if len(costs) > len(costs[0]):
        turned = [list(column) for column in zip(*costs, strict=True)]
        return {row: column for column, row in _hungarian(turned).items()}
    return _hungarian(costs)


def _greedy(costs: Sequence[Sequence[float]]) -> dict[int, int]:
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, column in sorted((cost, r, c) for r, line in enumerate(costs) for c, cost in enumerate(line)):
        if row not in found and column not in taken:
            found[row] = column
            taken.add(column)
    return found


def _hungarian(costs: Sequence[Sequence[float]]) -> dict[int, int]:
    """Solve the assignment problem for at least as many columns as rows."""
    assignment = _Assignment(costs)
    for row in range(len(costs)):
        assignment.add(row)
    return assignment.column_of


class _Assignment:
    """Rows with a column each, at the least cost: the Hungarian method by shortest paths (Crouse 2016)."""

    def __init__(self, costs: Sequence[Sequence[float]]) -> None:
        self._costs = costs
        self._by_row, self._by_column = [0.0] * len(costs), [0.0] * len(costs[0])
        self._row_of: dict[int, int] = {}
        self.column_of: dict[int, int] = {}

    def add(self, start: int) -> None:
        """Give one more row a column; others may change theirs."""
        shortest, before = [math.inf] * len(self._by_column), [start] * len(self._by_column)
        waiting = set(range(len(self._by_column)))
        row: int | None = start
        column, low = 0, 0.0
        while row is not None:
            for other in waiting:
                reached = low + self._costs[row][other] - self._by_row[row] - self._by_column[other]
                if reached < shortest[other]:
                    shortest[other], before[other] = reached, row
            column = min(waiting, key=lambda other: (shortest[other], other))
            low = shortest[column]
            waiting.remove(column)
            row = self._row_of.get(column)
        self._adjust(start, low, {c: length for c, length in enumerate(shortest) if c not in waiting})
        self._move(start, column, before)

    def _adjust(self, start: int, low: float, lengths: dict[int, float]) -> None:
        """Keep the reduced costs from falling below zero; lengths: of the paths to the columns reached."""
        self._by_row[start] += low
        for column, length in lengths.items():
            if (row := self._row_of.get(column)) is not None:
                self._by_row[row] += low - length
            self._by_column[column] -= low - length

    def _move(self, start: int, column: int, before: Sequence[int]) -> None:
        """Walk the path back from the free column: each row on it takes the column that it led to."""
        while True:
            row = before[column]
            left = self.column_of.get(row)
            self._row_of[column], self.column_of[row] = row, column
            if row == start or left is None:
                return
            column = left

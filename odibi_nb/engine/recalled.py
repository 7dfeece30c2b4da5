"""Results of earlier sessions: what a card shows is at hand, the rows are fetched when somebody asks for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import PREVIEW_COLUMNS, PREVIEW_ROWS, Dataset, FrameKind, Head
from odibi_nb.exceptions import NodeCancelled

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.schema import Schema

__all__ = ["Recalled", "Told"]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a result without its rows.

    rows: their exact number, if it was known. head: the first ones, as texts; looked: how many were asked for then.
    """

    schema: Schema
    rows: int | None
    head: Head
    looked: int

    @classmethod
    def of(cls, data: Dataset) -> Told:
        """Return what is known of a result, and of rows that are there the first ones; nothing is computed for it."""
        rows = data.known_rows
        wanted = data.head_rows if data.lazy else PREVIEW_ROWS
        try:
            head = data.head(wanted) if wanted else ()
        except NodeCancelled:  # a run beside it was interrupted, and every statement with it
            head = ()
        return cls(data.schema, rows, head, len(head) if rows is None or rows > len(head) else PREVIEW_ROWS)


class Recalled(Dataset):
    """A result whose rows are still to be fetched.

    fetch: gives them; None where they are lost, and why_lost says how that came. lazy: fetching them computes nothing
    yet either.
    """

    def __init__(self, told: Told, fetch: Callable[[], Dataset] | None, *, lazy: bool, notes: tuple[str, ...]) -> None:
        self._told, self._fetch, self._lazy = told, fetch, lazy
        self.schema, self.notes = told.schema, notes
        self._lock = threading.Lock()
        self._opened: Dataset | None = None

    @property
    def opened(self) -> Dataset:
        with self._lock:
            if self._opened is None:
                assert self._fetch is not None  # noqa: S101 - whoever asks has seen that it isn't lost
                self._opened = self._fetch()
            return self._opened

    @property
    def is_unkept(self) -> bool:
        """Whether its rows can't be fetched from anywhere."""
        return self._fetch is None

    @property
    def removed(self) -> bool:
        return self._opened is not None and self._opened.removed

    @property
    def lazy(self) -> bool:
        return self._lazy

    @property
    def known_rows(self) -> int | None:
        return self._opened.known_rows if self._opened is not None else self._told.rows

    @property
    def head_rows(self) -> int:
        return max(len(self._told.head), self._opened.head_rows if self._opened is not None else 0)

    @property
    def seen_whole(self) -> bool:
        told = self._told
        if told.looked and told.rows == len(told.head) and len(self.schema) <= PREVIEW_COLUMNS:
            return True
        return self._opened is not None and self._opened.seen_whole

    @property
    def lost(self) -> str | None:
        if self.is_unkept:
            return "not kept beyond its session"
        return self._opened.lost if self._opened is not None else None

    def rows_up_to(self, most: int) -> int | None:
        return self._told.rows if self._told.rows is not None else self.opened.rows_up_to(most)

    def count(self) -> int:
        return self._told.rows if self._told.rows is not None else self.opened.count()

    def head(self, rows: int = PREVIEW_ROWS) -> Head:
        enough = rows <= self._told.looked or self._told.rows == len(self._told.head)
        return self._told.head[:rows] if enough or self.is_unkept else self.opened.head(rows)

    def first(self, rows: int) -> pa.Table:
        return self.opened.first(rows)

    def arrow(self) -> pa.Table:
        return self.opened.arrow()

    def frame(self, kind: FrameKind = "pandas") -> Any:
        return self.opened.frame(kind)

"""Results on disk: rows by their content, records by what they stand for; whatever a crash leaves is never served."""

from __future__ import annotations

from odibi_nb.store.folder import LIMIT_BYTES, Entry, ResultStore
from odibi_nb.store.problems import why_not_kept

__all__ = ["LIMIT_BYTES", "Entry", "ResultStore", "why_not_kept"]

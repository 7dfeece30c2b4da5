"""Why a result can't be kept, and what to do about it."""

from __future__ import annotations

import errno
import os

from odibi_nb.engine.limits import ROOM_IN_STORE
from odibi_nb.exceptions import OdibiException

__all__ = ["why_not_kept"]

_RIGHTS = "let this user write in .odibi, or keep nothing: settings: {store: false}"
_REMEDIES = {
    errno.ENOSPC: ROOM_IN_STORE,
    errno.EDQUOT: ROOM_IN_STORE,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
}


def why_not_kept(error: Exception) -> str:
    """Return what went wrong in one line, with what to do where that is known."""
    report = error.message if isinstance(error, OdibiException) else str(error)
    # DuckDB and pyarrow put the system's words into messages of their own.
    code = error.errno if isinstance(error, OSError) and error.errno in _REMEDIES else None
    code = code or next((code for code in _REMEDIES if os.strerror(code) in report), None)
    if code is not None:
        return f"{os.strerror(code).lower()}; {_REMEDIES[code]}"
    hint = error.hint if isinstance(error, OdibiException) else None
    return "; ".join(filter(None, (report or type(error).__name__, hint)))

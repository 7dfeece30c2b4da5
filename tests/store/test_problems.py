"""Why a result is not kept, in one line with what to do."""

from __future__ import annotations

import errno
import os

import pytest

from odibi_nb.exceptions import FormatError
from odibi_nb.store import why_not_kept


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "x.json"),
            "no space left on device; free some room there",
        ),
        (
            OSError(errno.EROFS, os.strerror(errno.EROFS)),
            "read-only file system; let this user write",
        ),
        (RuntimeError('IO Error: "/x": Permission denied\nmore'), "permission denied; let this user write in .odibi"),
        (FormatError("a column"), "a column"),
        (FormatError("a column", hint="cast it"), "a column; cast it"),
        (ValueError(), "ValueError"),
    ],
)
def test_it_says_what_to_do(error: Exception, said: str) -> None:
    assert why_not_kept(error).startswith(said)

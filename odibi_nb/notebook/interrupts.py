"""Ctrl-C, as a front end shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from odibi_nb.exceptions import Interrupted

__all__ = ["short_interrupts"]


@contextmanager
def short_interrupts() -> Iterator[None]:
    """Leave our own frames out of what Ctrl-C shows, wherever it has hit."""
    try:
        yield
    except Interrupted:
        raise
    except KeyboardInterrupt:
        raise Interrupted from None

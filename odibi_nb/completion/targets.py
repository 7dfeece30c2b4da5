"""What CONN:PATH may go on with."""

from __future__ import annotations

from odibi_nb.completion.known import Known
from odibi_nb.completion.offers import Offers, beginning_with, of_kind

__all__ = ["target_offers"]


def target_offers(begun: str, known: Known, *, spaces: bool = False) -> Offers:
    """Return connections, and behind one the entries of a folder.

    spaces: whether names with spaces may follow, as within quotes.
    """
    connection, colon, path = begun.partition(":")
    if not colon:
        return beginning_with(begun, of_kind("connection", (f"{name}:" for name in known.connections())))
    folder, _, last = path.rpartition("/")
    entries = (entry for entry in known.entries(connection, folder) if spaces or " " not in entry)
    return beginning_with(last, of_kind("path", entries))

"""Completion in cells: what may stand at the cursor, said without running anything."""

from __future__ import annotations

from odibi_nb.completion.cells import complete
from odibi_nb.completion.known import Known
from odibi_nb.completion.offers import Offer, Offers

__all__ = ["Known", "Offer", "Offers", "complete"]

"""What completion hands around: offers, and the text before the cursor that they replace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["NOTHING", "Offer", "Offers", "beginning_with", "of_kind"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What may stand at the cursor; kind: node, column, parameter, option, … as front ends show it."""

    text: str
    kind: str

    def begins(self, folded: str) -> bool:
        """Whether it goes on from what was typed, in lower case; a quoted name also without its quote."""
        text = self.text.casefold()
        return text.startswith((folded, f'"{folded}'))


@dataclass(frozen=True, slots=True)
class Offers:
    """fragment: what an offer replaces, the text just before the cursor. alone: nothing else makes sense there."""

    fragment: str = ""
    found: tuple[Offer, ...] = ()
    alone: bool = True


NOTHING = Offers()


def beginning_with(fragment: str, candidates: Iterable[Offer], *, alone: bool = True) -> Offers:
    """Return the candidates that go on from the fragment, in their order, each text once."""
    folded = fragment.casefold()
    found: dict[str, Offer] = {}
    for candidate in candidates:
        if candidate.text != fragment and candidate.begins(folded):
            found.setdefault(candidate.text, candidate)
    return Offers(fragment, tuple(found.values()), alone)


def of_kind(kind: str, texts: Iterable[str]) -> list[Offer]:
    return [Offer(text, kind) for text in texts]

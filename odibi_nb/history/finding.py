"""A run by what people call it: the first characters of its id, `latest`, `previous`."""

from __future__ import annotations

from odibi_nb.exceptions import UnknownNameError, did_you_mean
from odibi_nb.history.history import RunHistory
from odibi_nb.history.models import RunRecord

__all__ = ["find_run", "known_ids"]

_LISTED = 5
_WORDS = ("latest", "previous")


def find_run(history: RunHistory, word: str, owner: str | None = None) -> RunRecord:
    """Return a run with its nodes; raises UnknownNameError. owner: whose runs `latest` and `previous` count."""
    run_id = _id_of(history.ids(owner) or history.ids(), history.ids(), word)
    found = history.get(run_id)
    if found is None:
        raise UnknownNameError(f"run '{word}' can't be read", hint=history.note or None)
    return found


def known_ids(history: RunHistory) -> list[str]:
    """Return what may be said for a run, the latest first."""
    return [*_WORDS, *(one[:8] for one in history.ids())]


def _id_of(own: list[str], everybodys: list[str], word: str) -> str:
    if word in _WORDS:
        place = _WORDS.index(word)
        if place < len(own):
            return own[place]
        raise UnknownNameError(f"there is no {word} run yet", hint="each run leaves one")
    wanted = word.casefold()
    found = [one for one in everybodys if one.startswith(wanted)] if wanted else []
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(one[: len(wanted) + 4] for one in found[:_LISTED])
        raise UnknownNameError(f"'{word}' are the first characters of several runs", hint=f"say more: {several}")
    short = [one[:8] for one in own or everybodys]
    near = did_you_mean(wanted, [*_WORDS, *short])
    raise UnknownNameError(f"there is no run '{word}'", hint=near or ", ".join([*_WORDS, *short[:_LISTED]]))

"""What runs were of: the notebook or project file, as short as tells it from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from odibi_nb.views.story import RunFactsView

__all__ = ["chart_titles", "source_names"]


def source_names(runs: Sequence[RunFactsView]) -> Mapping[str, str]:
    """Return by target what to call it: its file's name, or its whole path where others have that name too."""
    targets = {run.target for run in runs}
    names = Counter(map(_name, targets))
    return {target: _name(target) if names[_name(target)] == 1 else target for target in targets}


def chart_titles(runs: Sequence[RunFactsView]) -> Mapping[tuple[str, str], str]:
    """Return by title and target what to call runs that belong together, the latest first."""
    pairs = list(dict.fromkeys((run.title, run.target) for run in runs))
    names, titles = source_names(runs), Counter(title for title, _ in pairs)
    told = {pair: names[pair[1]] or "no file" for pair in pairs}
    return {pair: pair[0] if titles[pair[0]] == 1 else f"{pair[0]} · {told[pair]}" for pair in pairs}


def _name(target: str) -> str:
    return target.replace("\\", "/").rpartition("/")[2]

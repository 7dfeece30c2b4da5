"""The README's tables: `python -m benchmarks.markdown` renews them from what `--json` wrote."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS
from benchmarks.rows import Row

__all__ = ["as_markdown", "renewed"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- python -m benchmarks.markdown -->", "<!-- end -->"


def as_markdown(results: Mapping[str, Any]) -> str:
    """Return the machine and how steady it was, what has a target, and the peers, if any was measured."""
    rows = [Row.from_dict(row) for row in results["rows"]]
    machine = [f"{name} {value}" for name, value in results["machine"].items()]
    machine += [f"{row.name} {row.measured}" for row in rows if row.who == "machine"]
    parts = [f"Measured on: {', '.join(machine)}.", _table(_judged(rows)), _table(_compared(rows))]
    return "\n\n".join(filter(None, parts))


def renewed(readme: str, results: Mapping[str, Any]) -> str:
    """Return the README with what is between the two marks made anew."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{as_markdown(results)}\n{END}{after}"


def _judged(rows: Iterable[Row]) -> Iterator[Sequence[str]]:
    """Yield what has a target, and what could not be measured."""
    yield "measured", "who", "median (quartiles)", "target", "verdict", "note"
    for row in rows:
        if row.target is not None or row.error:
            yield row.name, row.who, row.measured, row.wanted, row.verdict, row.error or row.note


def _compared(rows: Sequence[Row]) -> Iterator[Sequence[str]]:
    """Yield what was measured of peers, and the median of everybody it was measured of."""
    peers = {peer.name for peer in PEERS}
    names = list(dict.fromkeys(row.name for row in rows if row.who in peers and row.median is not None))
    cells = {(row.name, row.who): row.measured.partition(" (")[0] for row in rows if row.name in names}
    everybody = list(dict.fromkeys(who for _, who in cells))
    yield "medians", *everybody
    for name in names:
        yield name, *(cells.get((name, who), "") for who in everybody)


def _table(lines: Iterable[Sequence[str]]) -> str:
    heading, *rows = lines
    if not rows:
        return ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, ["---"] * len(heading), *rows))


if __name__ == "__main__":
    found = json.loads(RESULTS.read_text("utf-8"))
    if not found["judged"]:
        sys.exit(f"{RESULTS} is of a quick run")
    README.write_text(renewed(README.read_text("utf-8"), found), "utf-8")

"""`python -m benchmarks [NAME …] [--quick] [--json FILE]`; exit status 1 when something could not be measured."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.against_peers import peer_python
from benchmarks.machine import calibrate, describe
from benchmarks.report import as_json, as_table
from benchmarks.rows import Row
from benchmarks.scale import Scale
from benchmarks.table import BENCHMARKS, measure, select
from odibi_nb.exceptions import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        names = list(select(given.names))
        pythons = dict(map(peer_python, given.peer_python))
    except UsageError as exc:
        print(exc, file=sys.stderr)
        return 2
    scale = Scale.quick(given.data) if given.quick else Scale(given.data)
    scale = replace(scale, peer_pythons=pythons, repetitions=given.repetitions or scale.repetitions)
    rows = _measure_all(names, scale)
    print(as_table(rows, describe(), judged=scale.judged))
    if given.json:
        given.json.write_text(as_json(rows, describe(), judged=scale.judged) + "\n", encoding="utf-8")
    return 1 if any(row.error for row in rows) else 0


def _measure_all(names: Sequence[str], scale: Scale) -> list[Row]:
    rows = [calibrate("before")]
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += measure(name, scale)
    return [*rows, calibrate("after")]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 on")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure what odibi_nb costs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all unless given: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does every benchmark work?")
    parser.add_argument("--repetitions", type=_count, metavar="N", help="of every measurement (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there too")
    parser.add_argument(
        "--peer-python",
        action="append",
        default=[],
        metavar="[PEER=]PYTHON",
        help="the interpreter of the environment that a peer is in, or all peers that have none of their own",
    )
    folder = Path(tempfile.gettempdir()) / "odibi_nb_benchmarks"
    parser.add_argument(
        "--data", type=Path, default=folder, metavar="DIR", help="where generated files are kept (%(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

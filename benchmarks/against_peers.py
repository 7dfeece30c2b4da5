"""Other libraries in one run: a node's overhead, and ten million rows, as each one's documentation would have it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from benchmarks.large_files import QUERY, sales_folder
from benchmarks.large_rounds import memory_rows, ratio_row, time_rows
from benchmarks.node_overhead import SHAPES
from benchmarks.peers import PEERS, Peer
from benchmarks.processes import NotMeasuredError, call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale
from odibi_nb.exceptions import UsageError, did_you_mean

__all__ = ["peer_python", "peers"]

OURS = "odibi_nb"
TITLES = {"python": "no-op Python node", "sql": "tiny SQL node"}
MOST_ROUNDS = 3  # some peers take half a minute for one


def peers(scale: Scale) -> Iterator[Row]:
    """Measure odibi_nb and all peers that are installed; of the others, say how to install them."""
    there = []
    for peer in PEERS:
        found = call_in_process("benchmarks.peers.presence:find", python=_python(peer, scale), packages=peer.packages)
        if found["missing"]:
            yield Row("peers", "", (), peer.name, note=f"not installed: pip install {' '.join(found['missing'])}")
        else:
            there.append(peer)
            yield Row("peers", "", (), peer.name, note=f"version {found['version']}")
    for kind in TITLES:
        yield from _overheads(kind, there, scale)
    yield from _large(there, scale)


def peer_python(text: str) -> tuple[str, str]:
    """Return the peer of "PEER=PYTHON" ("": all that have none of their own) and its interpreter."""
    name, found, python = text.partition("=")
    names = [peer.name for peer in PEERS]
    if found and name not in names:
        raise UsageError(f"there is no peer '{name}'", hint=did_you_mean(name, names) or ", ".join(names))
    return (name, python) if found else ("", text)


def _overheads(kind: str, there: list[Peer], scale: Scale) -> Iterator[Row]:
    """Yield milliseconds a node of each who has nodes of that kind."""
    count, repetitions = scale.peer_nodes, min(scale.repetitions, MOST_ROUNDS)
    works = {OURS: partial(call_in_process, "benchmarks.node_pipelines:time_shapes")}
    for peer in there:
        if kind in peer.kinds:
            works[peer.name] = partial(call_in_process, f"{_module(peer)}:time_shapes", python=_python(peer, scale))
    for who, work in works.items():
        try:
            found = work(kind=kind, counts=[count], repetitions=repetitions)
        except NotMeasuredError as exc:
            yield Row(f"{TITLES[kind]}, {count} nodes", "ms", (), who, error=str(exc))
            continue
        for shape in SHAPES:
            seconds = [sum(phases.values()) for phases in found[f"{shape} {count}"]]
            yield Row(f"{TITLES[kind]}, {shape} of {count}", "ms", tuple(1_000 * one / count for one in seconds), who)
        yield Row(f"{TITLES[kind]}s beside peers, peak memory", "MB", (found["peak_mb"],), who)


def _large(there: list[Peer], scale: Scale) -> Iterator[Row]:
    """Yield time and memory of the work of `large_files`."""
    folder, title = sales_folder(scale), f"{scale.rows:,} rows beside peers"
    works: dict[str, Callable[[], Any]] = {
        QUERY: partial(call_in_process, "benchmarks.large_contestants:run_query", folder=folder),
        OURS: partial(call_in_process, "benchmarks.large_contestants:run_pipeline", folder=folder),
    }
    works |= {peer.name: partial(_run_large, peer, scale, folder) for peer in there}
    rounds = list(interleaved(works, min(scale.repetitions, MOST_ROUNDS), warm_up=scale.judged))
    failed = {who: one["error"] for results in rounds for who, one in results.items() if "error" in one}
    yield from (Row(f"{title}, time", "s", (), who, error=error) for who, error in failed.items())
    measured = [who for who in works if who not in failed]
    yield from time_rows(title, rounds, measured)
    yield from memory_rows(title, rounds, measured)
    for who in measured[1:]:
        yield ratio_row(f"{title}, time against one query", rounds, who, QUERY)


def _run_large(peer: Peer, scale: Scale, folder: str) -> Mapping[str, Any]:
    """Let a peer do the work, and compare what it wrote with what the query wrote."""
    written = f"by_region_{peer.name}"
    target = f"{folder}/{written}.parquet"
    try:
        measured = call_in_process(
            f"{_module(peer)}:run_large", python=_python(peer, scale), folder=folder, target=target
        )
        call_in_process("benchmarks.large_contestants:compare", folder=folder, written=written)
    except NotMeasuredError as exc:  # the others go on
        return {"error": str(exc)}
    return measured


def _module(peer: Peer) -> str:
    return f"benchmarks.peers.{peer.name}"


def _python(peer: Peer, scale: Scale) -> str:
    """Return the interpreter of the environment that a peer is in."""
    pythons = scale.peer_pythons
    return pythons.get(peer.name) or pythons.get("") or sys.executable

"""Others who run steps on tables: one module each, written as its documentation would have it.

Modules import nothing of odibi_nb: they run in the environment of the peer that they are about.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PEERS", "Peer"]


@dataclass(frozen=True, slots=True)
class Peer:
    """Another library.

    packages: what has to be installed, the library itself first. kinds: of nodes whose overhead its module's
    `time_shapes` can tell. Each module has `run_large`, too.
    """

    name: str
    packages: tuple[str, ...]
    kinds: tuple[str, ...] = ()


PEERS = (
    Peer("odibi", ("odibi",), ("python", "sql")),
    Peer("hamilton", ("sf-hamilton", "pandas", "pyarrow"), ("python",)),
    Peer("kedro", ("kedro", "kedro-datasets", "pandas", "pyarrow"), ("python",)),
    Peer("jupysql", ("jupysql", "ipython", "duckdb", "pandas", "pyarrow"), ("sql",)),
    Peer("polars", ("polars",)),
    Peer("pandas", ("pandas", "pyarrow")),
)

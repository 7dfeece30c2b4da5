"""How large a benchmark run is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Scale"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of one run.

    data: folder that generated files are kept in. repetitions: of every measurement, after one that is
    thrown away. node_counts: from small to large. graphs: nodes of a usual and of a large graph on the page.
    live_nodes: of a run that is watched. large_rows: of a table that memory doesn't hold. tpch: its scale factor; 1
    has 6 million order lines. peer_nodes: of a chain that peers run. peer_pythons: the interpreters of peers by their
    names; "": of all others. judged: whether the sizes are those that targets are set for.
    """

    data: Path
    repetitions: int = 7
    node_counts: tuple[int, ...] = (100, 1_000)
    rows: int = 10_000_000
    graph_nodes: int = 10_000
    graphs: tuple[int, int] = (30, 1_000)
    live_nodes: int = 200
    tpch: float = 1.0
    peer_nodes: int = 50
    peer_pythons: Mapping[str, str] = field(default_factory=dict)
    large_rows: int = 100_000_000
    judged: bool = True

    @classmethod
    def quick(cls, data: Path) -> Scale:
        """Return sizes that show in seconds whether every benchmark works, and nothing about speed."""
        return cls(
            data,
            repetitions=1,
            node_counts=(2, 10),
            rows=20_000,
            graph_nodes=100,
            graphs=(3, 10),
            live_nodes=20,
            tpch=0.01,
            peer_nodes=3,
            large_rows=50_000,
            judged=False,
        )

    def target(self, value: float) -> float | None:
        """Return a target, or None where the sizes are not those it is set for."""
        return value if self.judged else None

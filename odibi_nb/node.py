"""Where Odibi's users look for a node's result."""

from __future__ import annotations

from odibi_nb.runner.results import NodeResult

__all__ = ["NodeResult"]

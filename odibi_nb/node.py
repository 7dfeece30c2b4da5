"""`@odibi_nb.node`, and where Odibi's users look for a node's result.

`import odibi_nb.node` binds this module to the package's attribute `node`, so it can be called, as the decorator.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from odibi_nb.registry.marking import node

if TYPE_CHECKING:
    from odibi_nb.runner.by_hand import NodeResult

__all__ = ["NodeResult"]


class _Decorator(ModuleType):
    def __call__(self, *function: Any, **options: Any) -> Any:
        return node(*function, **options)


def __getattr__(name: str) -> Any:
    if name == "NodeResult":
        from odibi_nb.runner.by_hand import NodeResult

        return NodeResult
    raise AttributeError(f"module 'odibi_nb.node' has no attribute '{name}'")


sys.modules[__name__].__class__ = _Decorator

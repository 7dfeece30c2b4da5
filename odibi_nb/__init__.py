"""odibi_nb: a Jupyter notebook as a data pipeline.

In a notebook: `%load_ext odibi_nb`, then `%%odibi_node NAME` above SQL or Python. In Python:
`Pipeline(config, connections=…).run()`. Everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from odibi_nb.notebook import load_ipython_extension, unload_ipython_extension, workspace
    from odibi_nb.pipeline import Pipeline, PipelineResults
    from odibi_nb.registry import node as node
    from odibi_nb.registry import transform
    from odibi_nb.workspaces import Workspace

__all__ = [
    "Pipeline",
    "PipelineResults",
    "Workspace",
    "load_ipython_extension",
    "node",
    "transform",
    "unload_ipython_extension",
    "workspace",
]

__version__ = "0.1.0"

_HOMES = {
    "Pipeline": "odibi_nb.pipeline",
    "PipelineResults": "odibi_nb.pipeline",
    "Workspace": "odibi_nb.workspaces",
    "load_ipython_extension": "odibi_nb.notebook",
    "node": "odibi_nb.registry",
    "transform": "odibi_nb.registry",
    "unload_ipython_extension": "odibi_nb.notebook",
}


def __getattr__(name: str) -> Any:
    if name == "workspace":
        from odibi_nb.notebook import workspace

        return workspace
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'odibi_nb' has no attribute '{name}'")

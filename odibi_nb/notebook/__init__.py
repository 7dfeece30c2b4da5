"""Jupyter's side: the extension, its magics, and how results are shown."""

from __future__ import annotations

from odibi_nb.notebook.extension import load_ipython_extension, unload_ipython_extension, workspace

__all__ = ["load_ipython_extension", "unload_ipython_extension", "workspace"]

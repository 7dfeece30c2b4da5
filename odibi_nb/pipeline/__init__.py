"""Pipelines in Python: `Pipeline(config, connections=…).run()`."""

from __future__ import annotations

from odibi_nb.pipeline.facade import Pipeline
from odibi_nb.pipeline.results import PipelineResults

__all__ = ["Pipeline", "PipelineResults"]

"""`$name` in the SQL of an operation is a parameter as in any other SQL."""

from __future__ import annotations

import pytest

from odibi_nb import Pipeline
from odibi_nb.config import NodeConfig, PipelineConfig, TransformConfig
from odibi_nb.exceptions import ParameterError

STEPS = ["SELECT i FROM range(5) t(i)", {"operation": "filter", "params": {"condition": "i >= $least"}}]
CONFIG = PipelineConfig(pipeline="p", nodes=[NodeConfig(name="a", transform=TransformConfig(steps=STEPS))])


def test_a_filter_sees_the_parameters():
    results = Pipeline(CONFIG, params={"least": 3}).run()
    assert results.get_node_result("a").dataset.arrow()["i"].to_pylist() == [3, 4]


def test_an_unknown_parameter_is_found_before_anything_runs():
    pipeline = Pipeline(CONFIG, params={"last": 3})
    assert "did you mean 'last'" in pipeline.validate()["errors"][0]
    with pytest.raises(ParameterError, match=r"\$least"):
        pipeline.run()

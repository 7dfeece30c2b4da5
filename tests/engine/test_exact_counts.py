"""What a run tells of how many rows its lazy results have, and what time they took."""

from __future__ import annotations

import duckdb
import pytest

from benchmarks.plan_shapes import SHAPES, hand_counts, make_sources, pipeline_of
from odibi_nb import Pipeline
from odibi_nb.config import PipelineConfig
from odibi_nb.connections import LocalConnection

ROWS = 300_000
IS_OLD = duckdb.__version__.startswith("1.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_sources(str(tmp_path_factory.mktemp("shapes")), ROWS)["folder"]


def run(shape, folder, **options):
    config = PipelineConfig.model_validate(pipeline_of(shape))
    results = Pipeline(config, {"local": LocalConnection(folder)}).run(**options)
    assert [results.get_node_result(name).error for name in results.failed] == []
    return {name: results.get_node_result(name) for name in shape.nodes}


@pytest.mark.parametrize("name", SHAPES)
def test_a_run_tells_the_exact_rows_of_every_node(folder, name):
    shape = SHAPES[name]
    expected = hand_counts(shape, folder)
    results = run(shape, folder)
    told = {node: result.dataset.known_rows for node, result in results.items()}
    assert told == {node: None if node in shape.on_demand else rows for node, rows in expected.items()}
    assert {node: result.rows_processed for node, result in results.items()} == expected

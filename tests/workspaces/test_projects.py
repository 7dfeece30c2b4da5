"""Project files as workspaces."""

from __future__ import annotations

from pathlib import Path

from odibi_nb.workspaces.headless import load_target

PROJECT = """\
pipeline: sales
nodes:
- name: numbers
  transform: {steps: [{sql_file: sql/numbers.sql}]}
- name: large
  depends_on: [numbers]
  transform: {steps: [{operation: filter, params: {condition: x > 1}}, SELECT x + 1 AS x FROM df]}
"""


def test_a_node_shows_the_sql_of_its_file_and_its_steps(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql/numbers.sql").write_text("SELECT unnest([1, 2]) AS x\n")
    (tmp_path / "odibi.yaml").write_text(PROJECT)
    nodes = load_target(tmp_path).workspace.nodes
    assert nodes["numbers"].code == "SELECT unnest([1, 2]) AS x"
    assert nodes["large"].code == "filter {condition: x > 1}\n\nSELECT x + 1 AS x FROM df"

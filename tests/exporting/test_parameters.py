"""What papermill has put into a notebook stays out of its export; the notebook's own defaults go along."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.exceptions import OdibiException
from odibi_nb.workspaces.headless import load_target
from tests.exporting.notebooks import LOAD, PROJECT, exported, files_in
from tests.exporting.test_export import project_of

GIVEN = "# Parameters\ntok = 's3cr3t'\nleast_of = 170"
TAGS = {2: "parameters", 3: "injected-parameters"}


def values(folder: Path, column: str) -> set[object]:
    """Return what a column of the node `a` holds when the export is run."""
    ws = load_target(folder / "out").workspace
    try:
        ws.keep_nothing()
        ws.run()
        return set(ws["a"].df()[column])
    finally:
        ws.close()


@pytest.mark.parametrize("node", ["load_sales.assign(k=tok)", "SELECT *, $tok AS k FROM load_sales"])
def test_a_parameter_gets_its_default_in_vars(tmp_path: Path, node: str) -> None:
    done = exported(tmp_path, PROJECT, LOAD, "tok = 'none'", GIVEN, f"%%odibi_node a\n{node}", tags=TAGS)
    assert project_of(tmp_path)["vars"] == {"least": 100, "tok": "none"}
    assert "s3cr3t" not in str(files_in(tmp_path / "out"))
    assert values(tmp_path, "k") == {"none"}
    assert "--param tok=…" in done.notes[0]


def test_code_keeps_the_default_and_what_it_makes_of_it(tmp_path: Path) -> None:
    made = "MORE = tok + '!'\ndef both():\n    return tok + MORE"
    node = "%%odibi_node a\ndef a(load_sales):\n    return load_sales.assign(k=both())"
    done = exported(tmp_path, PROJECT, LOAD, "tok = 'none'", GIVEN, made, node, tags=TAGS)
    text = files_in(tmp_path / "out")["transforms.py"]
    assert "s3cr3t" not in text
    assert "# Parameters" not in text
    assert values(tmp_path, "k") == {"nonenone!"}
    assert [note for note in done.notes if "the notebook's own values of tok" in note]


def test_a_value_that_only_papermill_gives_is_refused_at_its_node(tmp_path: Path) -> None:
    for node in ("SELECT * FROM load_sales WHERE amount > $least_of", "def a(load_sales):\n    return least_of"):
        with pytest.raises(OdibiException, match="'least_of'") as caught:
            exported(tmp_path, PROJECT, LOAD, GIVEN, f"%%odibi_node a\n{node}", tags={2: "injected-parameters"})
        assert (caught.value.where.node, caught.value.where.cell) == ("a", "4")
        assert "only this session gives" in f"{caught.value.message} {caught.value.hint}"

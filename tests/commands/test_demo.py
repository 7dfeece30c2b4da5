from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from odibi_nb.commands.shell import main

FILES = ("odibi.yaml", "sales.ipynb", "transforms.py", "data/sales.csv")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_demo_makes_a_project_runs_it_and_says_how_to_open_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert all(Path("odibi_nb_demo", file).is_file() for file in FILES)
    assert "4 nodes: 4 completed" in shown
    assert "north" in shown
    assert "jupyter lab odibi_nb_demo/sales.ipynb" in shown
    assert "odibi-nb run odibi_nb_demo" in shown


def test_demo_writes_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "shop"])
    written = pd.read_parquet("shop/data/by_region.parquet")
    assert list(written.columns) == ["region", "sales", "total"]
    assert set(written["region"]) == {"north", "south", "east", "west"}
    shown = capsys.readouterr().out
    assert all(str(total) in shown for total in written["total"])


@pytest.mark.parametrize("target", ["shop", "shop/odibi.yaml", "shop/sales.ipynb"])
def test_what_demo_prints_can_be_run_from_notebook_and_yaml_alike(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["demo", "shop"])
    first = pd.read_parquet("shop/data/by_region.parquet")
    Path("shop/data/by_region.parquet").unlink()
    assert main(["run", target]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet("shop/data/by_region.parquet"), first)


def test_the_notebook_of_the_demo_runs_in_jupyter(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "shop"])
    Path("shop/data/by_region.parquet").unlink()
    notebook = nbformat.read("shop/sales.ipynb", as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": "shop"}}).execute()
    assert Path("shop/data/by_region.parquet").is_file()


def test_demo_again_succeeds_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo"])
    before = {file: Path("odibi_nb_demo", file).read_bytes() for file in FILES}
    assert main(["demo"]) == 0
    assert {file: Path("odibi_nb_demo", file).read_bytes() for file in FILES} == before


@pytest.mark.parametrize("file", FILES)
def test_demo_keeps_an_edited_file_and_says_so(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo"])
    path = Path("odibi_nb_demo", file)
    edited = path.read_bytes().replace(b"coffee_shop", b"tea_shop").replace(b"south", b"north") + b"\n"
    path.write_bytes(edited)
    capsys.readouterr()
    assert main(["demo"]) == 0
    assert path.read_bytes() == edited
    assert f"{file}  (kept: you have edited it)" in capsys.readouterr().out


def test_demo_brings_back_a_file_that_was_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo"])
    Path("odibi_nb_demo/transforms.py").unlink()
    assert main(["demo"]) == 0
    assert Path("odibi_nb_demo/transforms.py").is_file()


def test_demo_refreshes_what_an_earlier_version_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    from odibi_nb.commands.project_templates import refresh_project

    refresh_project(Path("shop"), {"transforms.py": b"# of an earlier version\n"})
    assert main(["demo", "shop"]) == 0
    assert b"clean_sales" in Path("shop/transforms.py").read_bytes()


def test_demo_leaves_the_project_of_someone_else_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("odibi.yaml").write_text("project: mine\n")
    assert main(["demo", "."]) == 2
    assert "holds a project of its own" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["odibi.yaml"]


def test_demo_where_nothing_can_be_written_is_a_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    assert main(["demo", "file/demo"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: can't write a project in 'file/demo'")
    assert "hint:" in error
    assert "Traceback" not in error


def test_demo_of_an_edited_pipeline_that_fails_has_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo"])
    path = Path("odibi_nb_demo/odibi.yaml")
    path.write_text(path.read_text().replace("sum(amount)", "sum(amounts)"))
    assert main(["demo"]) == 1


def test_demo_as_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "shop", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["folder"] == "shop"
    assert sorted(shown["made"]) == sorted(FILES)
    assert shown["written"] == ["by_region", "top_products"]
    assert shown["nodes"]["by_region"]["rows"] == 4

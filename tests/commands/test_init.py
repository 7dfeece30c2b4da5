from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from odibi_nb.commands.shell import main


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("target", ["orders", "orders/pipeline.ipynb"])
def test_a_new_project_is_valid_and_runs(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "orders"]) == 0
    assert main(["validate", target]) == 0
    assert main(["run", target]) == 0
    written = pd.read_parquet("orders/data/output/by_customer.parquet")
    assert dict(zip(written["customer"], written["orders"], strict=True)) == {"Ada": 2, "Edsger": 1, "Grace": 1}


def test_init_is_here_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert Path("odibi.yaml").is_file()
    assert Path(".gitignore").read_text().startswith(".odibi/")


@pytest.mark.parametrize("folder", ["plain", 'a "quoted": name', "naïve#1"])
def test_the_project_is_named_after_its_folder(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    from odibi_nb.project_file import load_project

    assert main(["init", folder]) == 0
    assert load_project(folder).project.project == folder


def test_init_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("transforms.py").write_text("mine")
    assert main(["init"]) == 2
    assert "transforms.py already; nothing was written" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["transforms.py"]
    assert Path("transforms.py").read_text() == "mine"


def test_init_in_a_repository_keeps_its_gitignore(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".gitignore").write_text("mine\n")
    assert main(["init"]) == 0
    assert Path(".gitignore").read_text() == "mine\n"


def test_init_where_nothing_can_be_written_is_a_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    assert main(["init", "file/new"]) == 2
    assert capsys.readouterr().err.startswith("error: can't write a project in 'file/new'")

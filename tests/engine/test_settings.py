"""DuckDB's own settings: what is wrong with one, and where."""

from __future__ import annotations

import duckdb
import pytest

from odibi_nb.engine.settings import refuse_wrong_settings
from odibi_nb.exceptions import ConfigValidationError


def locate(path: tuple[str, ...]) -> dict[str, object]:
    return {"key": ".".join(path), "line": 7}


@pytest.mark.parametrize(
    ("key", "value", "message", "hint"),
    [
        ("memory_limt", "2GB", "DuckDB has no setting 'memory_limt'", "did you mean 'memory_limit'?"),
        ("qqqqqqqqqq", 1, "DuckDB has no setting 'qqqqqqqqqq'", "duckdb_settings() lists all"),
        ("worker_thread", 1, "no setting 'worker_thread'", "did you mean 'worker_threads'?"),
        ("threads", "many", "DuckDB setting 'threads' can't be 'many': Failed to cast value", "it is the number of"),
        ("memory_limit", 2, "'memory_limit' can't be 2: Unknown unit for memory", "it is the maximum memory"),
        ("TimeZone", "Mars", "'TimeZone' can't be 'Mars': Unknown TimeZone", "candidates: "),
        ("access_mode", "read_only", "'access_mode' can't be 'read_only': Cannot change", "leave it out"),
        ("lock_configuration", True, "DuckDB setting 'lock_configuration' would keep", "leave it out"),
        ("s3_region", "eu", "DuckDB setting 's3_region' is one of the extension 'httpfs'", "leave it out, or install"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place_and_what_to_do(key, value, message, hint) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        refuse_wrong_settings({"preserve_insertion_order": False, key: value}, locate)
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert hint in caught.value.hint
    assert (caught.value.where.key, caught.value.where.line) == (f"settings.duckdb.{key}", 7)


def test_right_ones_are_taken(tmp_path) -> None:
    right = {"threads": 2, "MEMORY_LIMIT": "1GB", "worker_threads": 2, "temp_directory": str(tmp_path / "new")}
    refuse_wrong_settings({**right, "preserve_insertion_order": "no", "memory_limit": "none"}, locate)
    refuse_wrong_settings({"log_query_path": str(tmp_path / "log"), "threads": 2}, locate)
    assert list(tmp_path.iterdir()) == []


def test_without_any_no_database_is_opened(monkeypatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(duckdb, "connect", lambda *args, **options: opened.append(args))
    refuse_wrong_settings({}, locate)
    refuse_wrong_settings({"temp_directory": "large"}, locate)
    assert opened == []

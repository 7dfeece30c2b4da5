"""Relative file literals start at the project's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.sql import analyze
from odibi_nb.sql.rooting import rooted, written_column

ROOT = Path("/root dir/o'clock")
QUOTED = "'/root dir/o''clock/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM 'a.csv'", f"FROM {QUOTED}a.csv'"),
        ("FROM a.csv", f"FROM {QUOTED}a.csv'"),
        ('FROM "a.csv"', f"FROM {QUOTED}a.csv'"),
        (
            "FROM read_csv(['a.csv', 'b/*.csv']) JOIN 'a.csv' USING (x)",
            f"FROM read_csv([{QUOTED}a.csv', {QUOTED}b/*.csv']) JOIN {QUOTED}a.csv' USING (x)",
        ),
        ("SELECT 'a.csv' AS s FROM 'a.csv'", f"SELECT 'a.csv' AS s FROM {QUOTED}a.csv'"),
        ("FROM '/abs/a.csv'", "FROM '/abs/a.csv'"),
        ("FROM 's3://bucket/a.csv'", "FROM 's3://bucket/a.csv'"),
    ],
)
def test_only_relative_file_literals_become_absolute(text: str, expected: str) -> None:
    assert rooted(text, analyze(text), ROOT) == expected


def test_lines_keep_their_numbers() -> None:
    text = "SELECT *\nFROM 'a.csv'\nWHERE x"
    assert rooted(text, analyze(text), ROOT).count("\n") == text.count("\n")


@pytest.mark.parametrize(("column", "written"), [(1, 1), (6, 6), (len("FROM '/long/a.csv' WHERE x"), 20)])
def test_a_column_is_told_as_the_user_wrote_the_line(column: int, written: int) -> None:
    assert written_column("FROM 'a.csv' WHERE x", "FROM '/long/a.csv' WHERE x", column) == written

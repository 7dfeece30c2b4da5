from __future__ import annotations

import pytest

from odibi_nb.sql.equated import equated_columns


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("SELECT * FROM a JOIN b ON a.x = b.y", [("x", "y")]),
        ("SELECT * FROM a JOIN b USING (x, \"the y\")", [("x", "x"), ("the y", "the y")]),
        ("SELECT * FROM a, b WHERE a.x=b.y AND a.z = b.\"w w\" AND a.x = b.y", [("x", "y"), ("z", "w w")]),
        ("SELECT * FROM a JOIN b ON a.x = 5 -- a.p = b.q", []),
        ("SELECT 'a.x = b.y' FROM a", []),
        ("SELECT * FROM a USING SAMPLE 5", []),
    ],
)  # fmt: skip
def test_the_columns_that_joins_go_by(text: str, pairs: list[tuple[str, str]]) -> None:
    assert equated_columns(text) == pairs

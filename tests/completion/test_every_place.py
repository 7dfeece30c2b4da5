"""At every place of every text, finished or not, there is an answer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odibi_nb.completion import Known, complete
from odibi_nb.workspaces import Workspace

TEXT = r"""
%odibi run +by_region,tag:daily --param min_amount=3 --select=x
%odibi_node a --read 'local:a b' --key x y
=====
%%odibi_node by_region --read local:sales.csv --expect 'not_null(total)' --key a b
tags: [a, {b: c}]
---
WITH a(x, y) AS MATERIALIZED (SELECT * EXCLUDE (b) FROM (c JOIN LATERAL d USING (e))), f AS (FROM g)
SELECT a.*, (SELECT max(h) FROM i j), $k, "l m", 'n', o[1:2] -- p
FROM a, f /* q /* r */ */ WHERE s IN (1, 2);
=====
%%odibi_node n
read: {connection: local, path: 'a/b'}
transform:
  steps:
    - sql: >
        SELECT a
        FROM df
    - {operation: filter, params: {condition: "x > 1"}}
    - &a [1, *a]
? {b: c}
: d
=====
%%odibi_node n
import a
async def n(b: c[d] = e(f), *g, h=(1, 2), **i) -> j:
    return b['k'][["l", 'm']].n(o)
=====
%%odibi_project
connections: {local: {type: local, base_path: ./data}}
vars: {a: !!b c, <<: *d}
	- x
...
---
=====
%%odibi_test by_region t
given: {load_sales: [{region: N, amount: 5}]}
expect: {rows: [{region: N, total: 12}]}
=====
%%odibi_sql --into x
)))(((FROM FROM JOIN , . AS AS (WITH SELECT FROM )
=====

  %%odibi_node

\\
%odibi \\
"""
CELLS = TEXT.split("=====\n")


def _check(workspace: Workspace, text: str, offset: int) -> None:
    offers = complete(text, offset, Known(workspace))
    assert text[:offset].endswith(offers.fragment)
    assert all(offer.begins(offers.fragment.casefold()) for offer in offers.found)


@pytest.mark.parametrize("cell", CELLS)
def test_at_every_place_of_a_cell(workspace: Workspace, cell: str) -> None:
    for offset in range(len(cell) + 1):
        _check(workspace, cell, offset)
        _check(workspace, cell[:offset], offset)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(CELLS), st.data())
def test_at_any_place_of_a_cell_that_lacks_a_part(workspace: Workspace, cell: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.integers(0, len(cell))) for _ in range(2))
    text = cell[:start] + data.draw(st.text("\"'()[]{}:,.-$\n\t \\%#x", max_size=3)) + cell[end:]
    _check(workspace, text, data.draw(st.integers(0, len(text))))

"""Plans and profiles as trees, and which of their numbers are surely whole."""

from __future__ import annotations

from odibi_nb.engine.plans import Operator, read_plan, read_profile
from odibi_nb.engine.trust import seen_whole

SCAN = Operator("READ_PARQUET", details={"Filters": ["a < 3", "b = 1"]}, rows=5)
EMPTY = Operator("READ_PARQUET", details={"Filters": "a > 9"}, rows=0)


def whole(root, *, ran=True):
    return [one.kind for one, is_whole in seen_whole(root, ran=ran) if is_whole]


def test_trees_that_filter_differently_are_not_alike():
    assert not SCAN.is_like(EMPTY)
    assert not Operator("HASH_JOIN", (SCAN, EMPTY)).is_like(Operator("HASH_JOIN", (EMPTY, SCAN)))


def test_a_scan_that_never_began_tells_too_little_to_differ():
    assert SCAN.is_like(Operator("READ_PARQUET", details={"Filename(s)": "x"}))


def test_other_operators_in_a_place_are_not_alike():
    assert not SCAN.is_like(Operator("SEQ_SCAN"))
    assert not Operator("FILTER", (SCAN,)).is_like(Operator("FILTER"))


def test_filters_of_a_scan_are_a_list_whether_one_or_several():
    assert (SCAN.filters, EMPTY.filters, Operator("FILTER").filters) == (("a < 3", "b = 1"), ("a > 9",), ())


def test_what_a_limit_or_a_recursion_stands_on_may_not_be_whole():
    assert whole(Operator("TOP_N", (SCAN,))) == ["TOP_N", "READ_PARQUET"]
    assert whole(Operator("STREAMING_LIMIT", (SCAN,))) == ["STREAMING_LIMIT"]
    grouped = Operator("HASH_GROUP_BY", (SCAN,))
    assert whole(Operator("LIMIT", (grouped,))) == ["LIMIT", "READ_PARQUET"]
    assert whole(Operator("RECURSIVE_CTE", (grouped, grouped))) == ["RECURSIVE_CTE"]
    assert whole(Operator("RECURSIVE_CTE", (SCAN, SCAN))) == ["RECURSIVE_CTE"]


def test_what_is_joined_with_nothing_may_not_be_whole_once_it_ran():
    join = Operator("HASH_JOIN", (SCAN, EMPTY))
    assert whole(join) == ["HASH_JOIN", "READ_PARQUET"]
    assert whole(join, ran=False) == ["HASH_JOIN", "READ_PARQUET", "READ_PARQUET"]


def test_both_sides_of_a_union_are_whole_and_its_rows_are_theirs():
    union = Operator("UNION", (SCAN, EMPTY), rows=0)
    assert whole(Operator("HASH_JOIN", (SCAN, union))).count("READ_PARQUET") == 3


def test_a_cte_is_whole_only_if_all_that_read_it_are():
    reader = Operator("LIMIT", (Operator("CTE_SCAN", rows=1),))
    assert whole(Operator("CTE", (SCAN, reader))) == ["CTE", "LIMIT"]


def test_profiles_of_both_duckdbs_read_alike():
    old = '{"children": [{"operator_name": "FILTER ", "operator_cardinality": 7, "operator_timing": 0.5}]}'
    below = '{"name": "FILTER", "intermediate_rows": 7, "timing": 0.5}'
    new = f'{{"operator": [{{"name": "RESULT_COLLECTOR", "children": [{below}]}}]}}'
    read = [read_profile(text) for text in (old, new)]
    assert [(one.kind, one.rows, one.seconds) for one in read if one] == [("FILTER", 7, 0.5)] * 2
    assert read_profile('{"result": "error"}') is None
    assert read_plan('[{"name": "FILTER", "children": [], "extra_info": {}}]').kind == "FILTER"

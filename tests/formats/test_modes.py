import duckdb
import pytest

from odibi_nb.exceptions import ConfigValidationError, ValidationError
from odibi_nb.formats.modes import check_columns, combine_sql, duplicate_keys_error, duplicate_keys_sql

EXISTING = "(VALUES (1, 'old'), (NULL, 'old null'), (3, 'kept')) t(id, v)"
INCOMING = "(SELECT * FROM (VALUES ('new', 1), ('new null', NULL), ('added', 4)) t(v, id))"


@pytest.fixture
def con():
    con = duckdb.connect()
    con.execute(f"CREATE TABLE existing AS SELECT * FROM {EXISTING}")
    con.execute(f"CREATE TABLE incoming AS SELECT * FROM {INCOMING}")
    return con


def rows(con, mode, existing="existing"):
    columns = check_columns(mode, ["id"], ["id", "v"] if existing else None, ["v", "id"])
    relation = con.sql(combine_sql(mode, ["id"], existing, "incoming", columns))
    return relation.columns, relation.fetchall()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("append", [(1, "old"), (None, "old null"), (3, "kept"), (1, "new"), (None, "new null"), (4, "added")]),
        ("upsert", [(3, "kept"), (1, "new"), (None, "new null"), (4, "added")]),
        ("append_once", [(1, "old"), (None, "old null"), (3, "kept"), (4, "added")]),
    ],
)
def test_a_mode_combines_by_name_in_the_targets_column_order(con, mode, expected):
    columns, found = rows(con, mode)
    assert columns == ["id", "v"]
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("mode", ["overwrite", "append", "upsert", "append_once"])
def test_without_a_target_every_mode_is_overwrite(con, mode):
    columns, found = rows(con, mode, existing=None)
    assert columns == ["v", "id"]
    assert len(found) == 3


def test_a_second_upsert_of_the_same_rows_changes_nothing(con):
    _, once = rows(con, "upsert")
    con.execute(
        "CREATE OR REPLACE TABLE existing AS " + combine_sql("upsert", ["id"], "existing", "incoming", ["id", "v"])
    )
    _, twice = rows(con, "upsert")
    assert sorted(once, key=str) == sorted(twice, key=str)


def test_duplicate_keys_are_named(con):
    con.execute("INSERT INTO incoming VALUES ('again', 1), ('null again', NULL)")
    found = con.sql(duplicate_keys_sql(["id"], "incoming")).fetchall()
    error = duplicate_keys_error(["id"], found)
    assert "(id=1) × 2" in str(error)
    assert "(id=None) × 2" in str(error)


def test_names_with_quotes_are_names(con):
    con.execute('CREATE TABLE odd AS SELECT 1 AS "a""b"')
    query = combine_sql("upsert", ['a"b'], "odd", "odd", ['a"b'])
    assert con.sql(query).fetchall() == [(1,)]


def test_other_columns_than_the_targets_are_an_error_that_names_them():
    with pytest.raises(ValidationError, match="lack b and add c"):
        check_columns("append", [], ["a", "b"], ["a", "c"])


def test_a_key_that_is_no_column_suggests():
    with pytest.raises(ValidationError, match="did you mean 'order_id'"):
        check_columns("upsert", ["order_idd"], ["order_id"], ["order_id"])


def test_a_mode_without_its_keys_is_an_error():
    with pytest.raises(ConfigValidationError, match="needs keys"):
        check_columns("upsert", [], ["a"], ["a"])


def test_an_unknown_mode_suggests():
    with pytest.raises(ConfigValidationError, match="did you mean 'upsert'"):
        combine_sql("upsrt", ["a"], "x", "y", ["a"])

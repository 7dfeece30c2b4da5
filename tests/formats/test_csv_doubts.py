from __future__ import annotations

import pytest


@pytest.mark.parametrize("values", [("NO", "YES"), ("No", "no"), ("t", "f"), ("true", "no")])
def test_words_that_may_be_flags_stay_text(folder, values):
    folder.put("a.csv", "id,flag\n" + "".join(f"1,{value}\n" for value in values))
    assert folder.duckdb("a.csv")["flag"].to_pylist() == list(values)


@pytest.mark.parametrize("values", [("true", "false"), ("TRUE", "FALSE"), ("True", "true")])
def test_true_and_false_are_flags(folder, values):
    folder.put("a.csv", "id,flag\n" + "".join(f"1,{value}\n" for value in values))
    assert folder.duckdb("a.csv")["flag"].to_pylist() == [value.lower() == "true" for value in values]


def test_nulls_among_the_words_change_nothing(folder):
    folder.put("a.csv", "country,flag\nNO,true\n,\nNA,NA\nNO,false\n")
    table = folder.duckdb("a.csv", na_values=["NA", ""])
    assert table["country"].to_pylist() == ["NO", None, None, "NO"]
    assert table["flag"].to_pylist() == [True, None, None, False]


def test_pandas_na_values_add_to_the_empty_field_which_is_null_anyway(folder):
    folder.put("a.csv", "id,amount\n1,2.5\n2,\n3,N/A\n")
    assert folder.duckdb("a.csv", na_values="N/A").column("amount").to_pylist() == [2.5, None, None]
    assert folder.duckdb("a.csv", nullstr="N/A").column("amount").to_pylist() == ["2.5", "", None]
    frame = folder.pandas("a.csv", na_values="N/A")
    assert frame["amount"].isna().tolist() == [False, True, True]


def test_types_that_are_given_are_kept(folder):
    folder.put("a.csv", "id,flag\n1,NO\n2,YES\n")
    assert folder.duckdb("a.csv", dtype={"flag": "BOOLEAN"})["flag"].to_pylist() == [False, True]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("1,NO\n", {"header": False}),
        ("1,\n1,NO\n", {"skip": 1, "header": False}),
        ("id, \n1,NO\n", {}),
        ("id,land \n1,NO\n", {}),
        ("id,x\n1,NO\n", {"names": ["id", "land"]}),
        (",".join("abcdefghijk") + ",\n" + "1," * 11 + "NO\n", {}),
        ("1," * 11 + "NO\n", {"header": False}),
    ],
)
def test_the_column_is_found_under_whatever_name_it_gets(folder, content, options):
    folder.put("a.csv", content)
    assert folder.duckdb("a.csv", **options).to_pylist()[-1].popitem()[1] == "NO"


def test_a_word_in_any_file_makes_the_column_text(folder):
    folder.put("a.csv", "id,flag\n1,true\n")
    folder.put("b.csv", "id,flag\n2,NO\n")
    assert folder.duckdb("*.csv")["flag"].to_pylist() == ["true", "NO"]

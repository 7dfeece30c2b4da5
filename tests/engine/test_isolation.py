"""No node can change another's input, or a stored result, by changing what it was given or has returned."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import pytest
from pipeline.project import python, sql

COLUMNS = (
    "i::BIGINT AS i, i::DOUBLE AS f, 'x' || i AS s, (i % 2 = 0) AS b, DATE '2024-01-01' + i::INT AS d,"
    " TIMESTAMP '2024-01-01' AS t, [i, i] AS l, {'a': i} AS r, i::DECIMAL(10, 2) AS n"
)
SOURCE = sql("source", f"SELECT {COLUMNS} FROM range(5) t(i) ORDER BY i")


def _by_loc(df):
    df.loc[0, "i"] = 99
    df.loc[1, "s"] = "changed"
    df.loc[:, "f"] = -1.0


def _by_values(df):
    for name in ("f", "t"):
        _write_through(df[name].values)
    for name in ("i", "b"):
        _write_through(df[name].array)
        _write_through(df[name].array._data)


def _write_through(values):
    with contextlib.suppress(ValueError, TypeError):  # guarded by the array itself
        values[:] = values[-1]


def _by_numpy(df):
    for name in df.columns:
        _write_through(np.asarray(df[name]))


def _nested(df):
    for cell in df["l"]:
        if isinstance(cell, list | np.ndarray):
            cell[0] = 99
    for cell in df["r"]:
        cell["a"] = 99


def _in_place(df):
    df.drop(columns=["i"], inplace=True)
    df.rename(columns={"f": "g"}, inplace=True)
    df.sort_values("s", ascending=False, inplace=True)
    df.columns = [name.upper() for name in df.columns]


MUTATIONS = [_by_loc, _by_values, _by_numpy, _nested, _in_place]


@pytest.mark.parametrize("mutate", MUTATIONS)
@pytest.mark.parametrize("through_python", [False, True], ids=["from SQL", "from Python"])
def test_changing_an_input_changes_nothing_else(project, mutate, through_python):
    project.functions.register(lambda source: source.copy(), "copied")

    def vandal(df):
        mutate(df)
        return pd.DataFrame({"done": [1]})

    project.functions.register(vandal)
    project.functions.register(lambda df: df, "witness")
    given = "copied" if through_python else "source"
    results = project.run(
        SOURCE,
        python("copied"),
        python("vandal", depends_on=[given]),
        python("witness", depends_on=[given, "vandal"]),
        sql("again", f"SELECT * FROM {given}, vandal"),
    )
    assert results.failed == [], results.get_node_result(results.failed[0]).error
    expected = results.get_node_result("source").dataset.arrow().to_pylist()
    assert results.get_node_result("witness").dataset.arrow().to_pylist() == expected
    again = results.get_node_result("again").dataset.arrow().drop_columns(["done"])
    assert again.to_pylist() == expected


@pytest.mark.parametrize("dtype", ["float64", "int64", "Int64", "datetime64[us]"])
def test_a_result_is_out_of_reach_of_what_was_returned(project, dtype):
    kept = pd.DataFrame({"a": np.array([1, 2, 3], dtype="int64").astype(dtype.lower()), "o": ["x", "y", "z"]})
    kept = kept.astype({"a": dtype})
    project.functions.register(lambda: kept, "made")
    results = project.run(python("made"))
    dataset = results.get_node_result("made").dataset
    before = dataset.arrow().to_pylist()
    _write_through(kept["a"].values)
    _write_through(getattr(kept["a"].array, "_data", kept["a"].array))
    kept.loc[0, "o"] = "changed"
    assert dataset.arrow().to_pylist() == before
    assert dataset.frame()["a"].astype("str").tolist() != ["3"] * 3


def test_lists_in_an_object_column_are_out_of_reach_too(project):
    cells = [[1, 2], [3]]
    project.functions.register(lambda: pd.DataFrame({"l": cells}), "made")
    dataset = project.run(python("made")).get_node_result("made").dataset
    cells[0].append(99)
    assert dataset.arrow().to_pylist() == [{"l": [1, 2]}, {"l": [3]}]


def test_a_frame_from_the_context_is_the_nodes_own(project):
    def vandal(context):
        frame = context.get("source")
        _by_loc(frame)
        _by_values(frame)
        return frame[["i"]]

    project.functions.register(vandal)
    results = project.run(
        SOURCE, python("vandal", depends_on=["source"]), sql("after", "SELECT i FROM source, vandal LIMIT 5")
    )
    assert sorted(set(results.get_node_result("source").dataset.arrow()["i"].to_pylist())) == [0, 1, 2, 3, 4]

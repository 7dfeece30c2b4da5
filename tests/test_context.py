import numpy as np
import pandas as pd
import pytest

from odibi_nb.context import Context, LazyContext, PandasContext, create_context, own_copy
from odibi_nb.exceptions import EngineError, NotAFrameError, UnknownNameError


@pytest.fixture
def sales():
    return pd.DataFrame({"region": ["N", None], "amount": pd.array([1, None], dtype="Int64"), "tags": [["a"], ["b"]]})


@pytest.mark.parametrize("engine", ["duckdb", "pandas", "polars"])
def test_every_engine_has_a_context_of_pandas_frames(engine, sales):
    context = create_context(engine)
    context.register("sales", sales)
    assert isinstance(context, Context)
    pd.testing.assert_frame_equal(context.get("sales"), sales)


def test_an_unknown_engine_is_an_error_that_lists_the_known():
    with pytest.raises(EngineError, match="duckdb, pandas, polars") as caught:
        create_context("duckdbb")
    assert isinstance(caught.value, ValueError)
    assert caught.value.hint == "did you mean 'duckdb'?"


def test_names_are_listed_and_cleared(sales):
    context = PandasContext()
    context.register("b", sales)
    context.register("a", sales)
    assert context.list_names() == ["b", "a"]
    assert context.has("a")
    context.clear()
    assert context.list_names() == []
    assert not context.has("a")


def test_an_unknown_name_lists_what_is_there(sales):
    context = PandasContext()
    context.register("load_sales", sales)
    with pytest.raises(UnknownNameError, match="not found in context; there are: load_sales") as caught:
        context.get("load_sale")
    assert isinstance(caught.value, KeyError)
    assert caught.value.hint == "did you mean 'load_sales'?"


@pytest.mark.parametrize("value", [None, 3, [1], pd.Series([1]), {"a": [1]}])
def test_only_frames_can_be_registered(value):
    with pytest.raises(NotAFrameError, match=type(value).__name__) as caught:
        PandasContext().register("x", value)
    assert isinstance(caught.value, TypeError)


def spoil(frame):
    frame.loc[0, "region"] = "spoilt"
    frame["amount"].array._data[:] = 99
    frame.loc[0, "tags"].append("spoilt")
    frame["new"] = 1


def test_changing_a_frame_that_was_got_changes_no_other(sales):
    context = PandasContext()
    context.register("sales", sales)
    spoil(context.get("sales"))
    pd.testing.assert_frame_equal(context.get("sales"), sales)


def test_changing_a_registered_frame_afterwards_changes_nothing(sales):
    context = PandasContext()
    context.register("sales", sales)
    before = own_copy(sales)
    spoil(sales)
    pd.testing.assert_frame_equal(context.get("sales"), before)


def test_a_copy_keeps_arrays_in_cells_doubled_columns_and_its_index():
    frame = pd.DataFrame([[np.array([1, 2]), "x"], [np.array([3, 4]), "y"]], columns=["a", "a"], index=[7, 7])
    own = own_copy(frame)
    pd.testing.assert_frame_equal(own, frame)
    own.iloc[0, 0][0] = 99
    assert frame.iloc[0, 0][0] == 1


def test_a_lazy_frame_is_made_only_when_asked_for_and_anew_each_time(sales):
    context = LazyContext(lambda name: own_copy(sales), lambda: ["sales", "other"])
    assert context.list_names() == ["sales", "other"]
    assert context.has("other")
    spoil(context.get("sales"))
    pd.testing.assert_frame_equal(context.get("sales"), sales)


def test_a_lazy_context_sees_names_that_are_added(sales):
    frames = {}
    context = LazyContext(frames.__getitem__, lambda: frames)
    assert not context.has("sales")
    frames["sales"] = sales
    assert len(context.get("sales")) == 2


def test_what_is_registered_in_a_lazy_context_goes_before_its_loader(sales):
    context = LazyContext(pytest.fail, lambda: ["sales"])
    context.register("sales", sales)
    context.register("new", sales)
    assert context.list_names() == ["sales", "new"]
    pd.testing.assert_frame_equal(context.get("sales"), sales)
    context.clear()
    assert context.list_names() == []
    with pytest.raises(UnknownNameError):
        context.get("sales")

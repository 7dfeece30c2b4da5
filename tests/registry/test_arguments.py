import enum
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pytest
from pydantic import BaseModel, Field

from odibi_nb.exceptions import ParameterError, TransformError
from odibi_nb.registry import NodeArgument, bind_arguments

if TYPE_CHECKING:
    from nowhere import Thing


class Colour(enum.Enum):
    RED = "red"


class Window(BaseModel):
    days: int


def taking(annotation):
    def step(context, value):
        return value

    step.__annotations__["value"] = annotation
    return step


@pytest.mark.parametrize(
    ("annotation", "given", "expected"),
    [
        (float, 1, 1.0),
        (float | None, None, None),
        (int, 3, 3),
        (str, "NO", "NO"),
        (date, "2024-02-29", date(2024, 2, 29)),
        (date, date(2024, 2, 29), date(2024, 2, 29)),
        (list[date], ["2024-02-29"], [date(2024, 2, 29)]),
        (Decimal, "1.10", Decimal("1.10")),
        (Path, "a/b.csv", Path("a/b.csv")),
        (UUID, "12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
        (Colour, "red", Colour.RED),
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Literal["left", "inner"], "inner", "inner"),
        (Annotated[int, Field(gt=0)], 1, 1),
        (Window, {"days": 3}, Window(days=3)),
        (Iterable[str], ["a", "b"], ["a", "b"]),
        ("Thing", "anything", "anything"),
    ],
)
def test_a_function_gets_the_value_as_its_annotation_says(annotation, given, expected):
    step = taking(annotation)
    got = bind_arguments(step, {"value": given}).call(step, {})
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "given", "reason"),
    [
        (float, "100", r"should be a valid number, not '100' \(str\)"),
        (float, True, r"should be a valid number, not True \(bool\)"),
        (int, True, "should be a valid integer"),
        (int, 1.0, "should be a valid integer"),
        (str, 1, "should be a valid string"),
        (bool, "true", "should be a valid boolean"),
        (date, "2024-13-01", "month value"),
        (list[int], [1, "x"], r"should be a valid integer, .*not 'x' \(str\)"),
        (Literal["left", "inner"], "outer", "'left' or 'inner'"),
        (Annotated[int, Field(gt=0)], 0, "greater than 0"),
        (Colour, "blue", "'red'"),
        (float | str, [], "should be a valid number or should be a valid string"),
        (pa.Table, pd.DataFrame(), "instance of Table"),
    ],
)
def test_a_value_of_another_type_is_told_with_the_signature(annotation, given, reason):
    with pytest.raises(ParameterError, match=reason) as caught:
        bind_arguments(taking(annotation), {"value": given})
    assert "step(context, value" in str(caught.value)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


def test_a_parameters_own_default_may_always_be_given():
    def step(limit: float = None):  # noqa: RUF013
        return limit

    assert bind_arguments(step, {"limit": None}).params == {"limit": None}


def test_an_annotation_known_to_the_type_checker_alone_leaves_the_others_checked():
    def step(thing: "Thing", amount: "float"):
        pass

    bind_arguments(step, {"thing": 1, "amount": 1})
    with pytest.raises(ParameterError, match="amount"):
        bind_arguments(step, {"thing": 1, "amount": "x"})


def test_everything_that_is_wrong_is_told_at_once_with_the_nearest_name():
    def clean(context, source: str, min_amount: float = 0):
        pass

    with pytest.raises(ParameterError) as caught:
        bind_arguments(clean, {"min_amuont": 1})
    assert caught.value.message == (
        "clean(context, source: str, min_amount: float = 0): "
        "unknown parameter 'min_amuont'; parameter 'source' is missing"
    )
    assert caught.value.hint == "did you mean 'min_amount'?"


def test_the_context_is_handed_over_when_asked_for_and_can_not_be_given():
    def step(context):
        return context

    assert bind_arguments(step, {}).wants_context
    assert bind_arguments(step, {}).call(step, {}, context="the context") == "the context"
    with pytest.raises(ParameterError, match="filled in, not given"):
        bind_arguments(step, {"context": 1})


def test_nodes_fill_what_params_leave_open():
    def join(orders, customers: pa.Table, region="N", suppliers: pd.DataFrame | None = None):
        pass

    binding = bind_arguments(join, {}, node_names={"orders", "customers", "region", "suppliers"})
    assert binding.nodes == (
        NodeArgument("orders", "orders", "pandas"),
        NodeArgument("customers", "customers", "arrow"),
        NodeArgument("suppliers", "suppliers", "pandas"),
    )


def test_a_frame_parameter_may_name_its_node_in_params():
    def join(df, other: pd.DataFrame):
        pass

    binding = bind_arguments(join, {"other": "customers"}, node_names={"customers"})
    assert binding.nodes == (NodeArgument("other", "customers", "pandas"),)
    assert binding.params == {}
    with pytest.raises(ParameterError, match="'customer' is no node") as caught:
        bind_arguments(join, {"other": "customer"}, node_names={"customers"})
    assert caught.value.hint == "did you mean 'customers'?"


def test_a_text_parameter_that_names_a_node_stays_text():
    def clean(context, source: str):
        pass

    binding = bind_arguments(clean, {"source": "load_sales"}, node_names={"load_sales"})
    assert binding.params == {"source": "load_sales"}
    assert binding.nodes == ()


def current_by_name(df, amount=1): ...
def current_by_annotation(sales: pa.Table): ...
def current_behind_the_context(context, current=None): ...
def current_behind_a_parameter(amount: float, frame): ...
def current_first_of_two(left: pd.DataFrame, right: pd.DataFrame = None): ...
def current_is_data_of_another_type(data: dict): ...


@pytest.mark.parametrize(
    ("step", "name", "kind"),
    [
        (current_by_name, "df", "pandas"),
        (current_by_annotation, "sales", "arrow"),
        (current_behind_the_context, "current", "pandas"),
        (current_behind_a_parameter, "frame", "pandas"),
        (current_first_of_two, "left", "pandas"),
    ],
)
def test_the_first_open_frame_parameter_gets_the_current_frame(step, name, kind):
    params = {"amount": 1.0} if step is current_behind_a_parameter else {}
    binding = bind_arguments(step, params)
    assert (binding.wants_current, binding.current_kind) == (name, kind)


def test_a_parameter_called_data_but_of_another_type_is_no_frame():
    with pytest.raises(ParameterError, match="'data' is missing"):
        bind_arguments(current_is_data_of_another_type, {})


def test_a_node_goes_before_the_current_frame():
    binding = bind_arguments(current_by_name, {}, node_names={"df"})
    assert binding.wants_current is None
    assert binding.nodes == (NodeArgument("df", "df", "pandas"),)


def test_without_a_current_frame_the_parameter_is_missing_unless_it_has_a_default():
    assert bind_arguments(current_behind_the_context, {}, has_current=False).wants_current is None
    with pytest.raises(ParameterError, match="'df' is missing"):
        bind_arguments(current_by_name, {}, has_current=False)


def test_positional_variadic_and_keyword_arguments_arrive_where_they_belong():
    def step(df, /, rate=2, *columns: str, flag, **options: int):
        return df, rate, columns, flag, options

    params = {"columns": ["a", "b"], "flag": True, "options": 7, "limit": 3}
    binding = bind_arguments(step, params)
    assert binding.call(step, {"df": "frame"}) == ("frame", 2, ("a", "b"), True, {"options": 7, "limit": 3})


@pytest.mark.parametrize("params", [{"columns": ["a", 1]}, {"columns": "ab"}, {"limit": "x"}])
def test_variadic_arguments_are_checked(params):
    def step(*columns: str, **options: int):
        pass

    with pytest.raises(ParameterError):
        bind_arguments(step, params)


def test_a_callable_without_signature_is_refused():
    with pytest.raises(TransformError, match="no signature"):
        bind_arguments(max, {})

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from odibi_nb.exceptions import OdibiException, ParameterError, TransformError, UnknownFunctionError
from odibi_nb.registry import (
    FunctionRegistry,
    Functions,
    get_registered_function,
    transform,
    validate_function_params,
)


@pytest.fixture
def functions():
    with Functions().collecting() as scope:
        yield scope


def test_a_decorated_function_is_registered_and_stays_itself(functions):
    @transform
    def clean(context):
        return 1

    assert functions.get("clean") is clean
    assert clean(None) == 1


@pytest.mark.parametrize("decorate", [transform("tidy"), transform(name="tidy")])
def test_a_given_name_replaces_the_functions_own(functions, decorate):
    decorate(lambda df: df)
    assert functions.list_functions() == ["tidy"]


def test_the_decorator_registers_in_the_process_unless_told_otherwise():
    @transform("registered_in_the_process")
    def clean(context, source: str):
        return source

    assert FunctionRegistry.get("registered_in_the_process") is clean
    assert get_registered_function("registered_in_the_process") is clean
    assert FunctionRegistry.has_function("registered_in_the_process")
    assert "registered_in_the_process" in FunctionRegistry.list_functions()
    validate_function_params("registered_in_the_process", {"source": "a"})
    with pytest.raises(ParameterError):
        FunctionRegistry.validate_params("registered_in_the_process", {})


def test_a_scope_shadows_its_parent_and_leaves_it_alone():
    parent = Functions()
    parent.register(len, "size")
    child = Functions(parent)
    child.register(sum, "size")
    assert child.get("size") is sum
    assert parent.get("size") is len
    assert Functions(parent).get("size") is len


def test_an_unknown_function_lists_what_is_registered_and_the_nearest(functions):
    functions.register(len, "clean_sales")
    functions.register(len, "load")
    with pytest.raises(UnknownFunctionError, match=r"not registered; registered: clean_sales, load") as caught:
        functions.get("clean_sale")
    assert isinstance(caught.value, ValueError)
    assert "did you mean 'clean_sales'?" in str(caught.value)


def test_registering_the_same_function_again_replaces_it_silently(functions):
    def make():
        def clean():
            pass

        return clean

    first, second = make(), make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        functions.register(first)
        functions.register(second)
    assert functions.get("clean") is second


def test_another_function_of_the_same_name_warns(functions):
    functions.register(len, "clean")
    with pytest.warns(UserWarning, match=r"'clean' of builtins\.len is replaced by that of builtins\.sum"):
        functions.register(sum, "clean")


def test_what_is_no_function_is_refused(functions):
    with pytest.raises(TransformError, match="no function"):
        functions.register(3, "three")


def test_a_function_info_describes_parameters_but_not_the_context(functions):
    @transform
    def clean(context, source: str, min_amount: float = 0, note=None):
        """Keep the large ones."""

    assert functions.get_function_info("clean") == {
        "name": "clean",
        "docstring": "Keep the large ones.",
        "signature": "clean(context, source: 'str', min_amount: 'float' = 0, note=None)",
        "parameters": {
            "source": {"required": True, "default": None, "annotation": str},
            "min_amount": {"required": False, "default": 0, "annotation": float},
            "note": {"required": False, "default": None, "annotation": None},
        },
    }


def test_a_bad_parameter_of_a_renamed_function_is_told_under_its_registered_name(functions):
    functions.register(lambda amount: amount, "tidy")
    with pytest.raises(OdibiException, match=r"tidy\(amount\)"):
        functions.validate_params("tidy", {})


def test_the_registry_loads_no_heavy_package():
    code = "import sys, odibi_nb.registry; print({'pandas', 'pydantic', 'pyarrow', 'duckdb'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

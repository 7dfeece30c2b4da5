"""`@node`: the mark of a function that declares a node, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload
from weakref import WeakSet

from odibi_nb.exceptions import TransformError
from odibi_nb.registry.functions import collecting_functions

__all__ = ["is_node_function", "node", "tell", "tell_no_more"]

F = TypeVar("F", bound=Callable[..., Any])

# Beside the functions, not on them: what is on a function is a part of its fingerprint.
_marked_functions: WeakSet[Any] = WeakSet()
# Not a context variable: kernels may lose those between cells.
_listeners: list[Callable[[Callable[..., Any]], None]] = []


@overload
def node(function: F, /) -> F: ...
@overload
def node(**options: Any) -> Callable[[F], F]: ...
def node(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Declare a node by a function, as a `%%odibi_node` cell does; the function itself stays as it is.

    options: the node's fields, and those of the magic's line; literals, for they are read from source.

    Example: `@node(write="local:clean.parquet", expect=["not_null(id)"])` above
    `def clean_sales(load_sales, min_amount=100): …`; or bare `@node`.
    """
    return _marked(function) if function is not None else _marked


def is_node_function(value: Any) -> bool:
    """Whether `@node` has been put to a function."""
    try:
        return value in _marked_functions or getattr(value, "is_node", False) is True
    except TypeError:  # a value that can't be hashed, or weakly referred to
        return False


def tell(listener: Callable[[Callable[..., Any]], None]) -> None:
    """Let a kernel know of each function that is decorated while no project is loaded."""
    _listeners.append(listener)


def tell_no_more(listener: Callable[[Callable[..., Any]], None]) -> None:
    """Take back `tell`."""
    if listener in _listeners:
        _listeners.remove(listener)


def _marked(function: F) -> F:
    if not callable(function):
        raise TransformError(
            f"@node stands above a function, not {function!r}", hint="its options have names: @node(tags=['daily'])"
        )
    _marked_functions.add(function)
    if (functions := collecting_functions()) is not None:
        functions.register(function)
        return function
    for listener in tuple(_listeners):
        listener(function)
    return function

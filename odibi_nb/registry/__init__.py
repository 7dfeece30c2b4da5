"""Registered functions, their type-checked parameters, and how a function step gets its arguments."""

from __future__ import annotations

from odibi_nb.registry.arguments import Binding, NodeArgument, bind_arguments
from odibi_nb.registry.frames import FrameKind, frame_kind
from odibi_nb.registry.functions import (
    FunctionRegistry,
    Functions,
    get_registered_function,
    transform,
    validate_function_params,
)
from odibi_nb.registry.marking import is_node_function, node

__all__ = [
    "Binding",
    "FrameKind",
    "FunctionRegistry",
    "Functions",
    "NodeArgument",
    "bind_arguments",
    "frame_kind",
    "get_registered_function",
    "is_node_function",
    "node",
    "transform",
    "validate_function_params",
]

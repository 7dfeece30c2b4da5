"""Which kind of frame an annotation asks for, told without importing what it names."""

from __future__ import annotations

import ast
import inspect
from functools import lru_cache
from typing import Annotated, Any, Literal, get_origin

FrameKind = Literal["pandas", "arrow", "polars", "relation", "batches"]

_PACKAGES = {"pd": "pandas", "pa": "pyarrow", "pl": "polars"}
_KINDS: dict[tuple[str, str], FrameKind] = {
    ("pandas", "DataFrame"): "pandas",
    ("pyarrow", "Table"): "arrow",
    ("pyarrow", "RecordBatchReader"): "batches",
    ("polars", "DataFrame"): "polars",
}
# What a name imported by itself (`from pandas import DataFrame`) most likely is.
_BARE: dict[str, FrameKind] = {"DataFrame": "pandas", "Table": "arrow", "RecordBatchReader": "batches"}
_STREAMS = {"Generator", "Iterable", "Iterator"}


def frame_kind(annotation: Any) -> FrameKind | None:
    """Tell which kind of frame `annotation` means; None: no frame.

    annotation: an object (`pd.DataFrame`, `pd.DataFrame | None`, `Iterator[pa.RecordBatch]`) or its
    text, as read from source, with the usual abbreviations pd, pa and pl.
    """
    if get_origin(annotation) is Annotated:
        annotation = annotation.__origin__  # the metadata's repr need not be Python
    return _kind_of_text(annotation if isinstance(annotation, str) else inspect.formatannotation(annotation))


@lru_cache(maxsize=512)
def _kind_of_text(text: str) -> FrameKind | None:
    try:
        return _kind(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return None


def _kind(tree: ast.expr) -> FrameKind | None:
    match tree:
        case ast.Constant(value=str(text)):
            return _kind_of_text(text)
        case ast.Call(func=ast.Name(id="ForwardRef"), args=[ast.Constant(value=str(text)), *_]):
            return _kind_of_text(text)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _kind(left) or _kind(right)
        case ast.Subscript(value=outer, slice=inner):
            arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _kind_of_generic(ast.unparse(outer).rpartition(".")[2], arguments)
        case ast.Name() | ast.Attribute():
            return _kind_of_name(ast.unparse(tree))
    return None


def _kind_of_generic(name: str, arguments: list[ast.expr]) -> FrameKind | None:
    if name in {"Optional", "Union"}:
        return next((kind for argument in arguments if (kind := _kind(argument))), None)
    if name == "Annotated":
        return _kind(arguments[0])
    if name in _STREAMS and ast.unparse(arguments[0]).endswith("RecordBatch"):
        return "batches"
    return None


def _kind_of_name(dotted: str) -> FrameKind | None:
    package, *_, name = dotted.split(".") if "." in dotted else ("", dotted)
    if name == "DuckDBPyRelation":  # its module differs from one DuckDB to the next
        return "relation"
    return _KINDS.get((_PACKAGES.get(package, package), name)) if package else _BARE.get(name)

"""A node's Python as a function of a module."""

from __future__ import annotations

import ast
import inspect
import keyword
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import FunctionType
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.as_function import as_function
from odibi_nb.cells.names import names_of
from odibi_nb.cells.parsing import parse_python
from odibi_nb.exceptions import TransformError
from odibi_nb.exporting.pieces import Piece, piece_of, waits
from odibi_nb.runner.tasks import FunctionStep
from odibi_nb.workspaces.functions import CellFunction

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["NodeFunction", "calls_itself", "function_of", "functions_of_steps"]


@dataclass(frozen=True, slots=True)
class NodeFunction:
    """What a node's Python becomes.

    name: of the function. piece: its text; None where a cell defines it, for `Workspace.node` to take. beside: what
    its cell holds beside the function, before it. is_code: whether it was plain code, no function.
    """

    node: str
    name: str
    piece: Piece | None
    beside: tuple[Piece, ...] = ()
    is_code: bool = False

    @property
    def uses(self) -> frozenset[str]:
        """The names that it takes from the notebook."""
        if self.piece is None:
            return frozenset({self.name})
        own = {name for piece in self.beside for name in piece.names}
        taken = frozenset().union(self.piece.uses, *(piece.uses for piece in self.beside))
        return taken - own


def function_of(ws: Workspace, node: DeclaredNode) -> NodeFunction | None:
    """Return what a node's own Python becomes; None for one that has none.

    Raises TransformError for what no function of a module can be.
    """
    if node.function is not None:
        return NodeFunction(node.name, _name_of_given(node, node.function), None)
    if node.body is None:
        return None
    if node.body.form == "code":
        return _of_code(ws, node)
    return _of_function(node, node.body.source, node.body.node)


def functions_of_steps(ws: Workspace, node: DeclaredNode) -> list[str]:
    """Return the names of the functions that a node's steps call and that are no body of its own."""
    own = node.body.node if node.body is not None else node.name if node.function is not None else None
    steps = node.config.transform.steps if node.config.transform else []
    return [step.function for step in steps if step.function and step.function != own]


def _of_code(ws: Workspace, node: DeclaredNode) -> NodeFunction:
    """Return plain code as a function of what it reads."""
    body = node.body
    assert body is not None  # noqa: S101 - the caller has seen to it
    steps = (step for step in ws.nodes.task(node.name).steps if isinstance(step, FunctionStep))
    function = next(step.function for step in steps if isinstance(step.function, CellFunction))
    carried = [name for name in body.carried if name not in function.inputs]
    if carried:
        raise TransformError(
            f"node '{node.name}' assigns to '{carried[0]}', which it takes from the notebook",
            hint="give what it assigns another name",
            node=node.name,
            **node.place.locate(None),
        )
    is_name = node.name.isidentifier() and not keyword.iskeyword(node.name)
    name = node.name if is_name else f"node_{node.name}"
    _refuse_annotated(node, body.source)
    text = as_function(body, function.inputs, name=name)
    piece = replace(piece_of(text), uses=body.uses.difference(function.inputs))
    return NodeFunction(node.name, name, piece, is_code=True)


def _refuse_annotated(node: DeclaredNode, source: str) -> None:
    """Refuse code whose annotations are not to be evaluated: that can be said of a whole module alone."""
    tree = parse_python(source)
    says_so = any(isinstance(one, ast.ImportFrom) and one.module == "__future__" for one in tree.body)
    if says_so and any(map(_is_annotated, ast.walk(tree))):
        message = f"node '{node.name}' has annotations that `from __future__ import annotations` is for"
        hint = "an export has all code in one module: quote the annotations, and leave the import out"
        raise TransformError(message, hint=hint, node=node.name, **node.place.locate(None))


def _is_annotated(part: ast.AST) -> bool:
    """Whether a part of a function's code has annotations that Python evaluates; those of variables it doesn't."""
    if isinstance(part, ast.ClassDef):
        return any(isinstance(one, ast.AnnAssign) for one in part.body)
    return bool(getattr(part, "returns", None) or (isinstance(part, ast.arg) and part.annotation))


def _of_function(node: DeclaredNode, source: str, name: str) -> NodeFunction:
    """Return a function with what stands beside it in its cell."""
    statements, lines = parse_python(source).body, source.split("\n")
    beside, end = list[Piece](), 0
    for statement in statements:
        text = "\n".join(lines[end : statement.end_lineno]).strip("\n")
        end = statement.end_lineno or end
        is_own = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name
        if is_own:
            function = piece_of(text)
        elif name in names_of([statement]).uses and not waits(text):
            message = (
                f"the cell of node '{node.name}' uses its function outside of functions, which an export can't hold"
            )
            raise TransformError(message, hint="leave that out: nothing else of the notebook sees it", node=node.name)
        elif not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
            beside.append(piece_of(text))
    return NodeFunction(node.name, name, function, tuple(beside))


def _name_of_given(node: DeclaredNode, function: Callable[..., Any]) -> str:
    """Return the name of a function that was handed over, if a module could define it."""
    message = f"the function of node '{node.name}' can't be exported"
    if not isinstance(function, FunctionType) or not function.__name__.isidentifier():
        raise TransformError(message, hint="define it by `def`, in a cell", node=node.name)
    if function.__closure__ or "." in function.__qualname__:
        hint = "it is made by another function: define it at the left margin of a cell"
        raise TransformError(message, hint=hint, node=node.name)
    if function.__module__ != "__main__" and not function.__module__.startswith("odibi_nb_transforms_"):
        hint = f"it is of the module {function.__module__}: define one in a cell that calls it"
        raise TransformError(message, hint=hint, node=node.name)
    if function is not inspect.unwrap(function):
        hint = "it is wrapped by a decorator: hand over one that a cell defines as it is"
        raise TransformError(message, hint=hint, node=node.name)
    name: str = function.__name__
    return name


def calls_itself(function: NodeFunction) -> bool:
    """Whether a node's own function uses its name."""
    if function.piece is None or function.is_code:
        return False
    definitions = (one for one in function.piece.tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return function.name in names_of(next(definitions).body).uses

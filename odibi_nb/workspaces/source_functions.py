"""Transform functions read from source: checking a project or a notebook must not run its code."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odibi_nb.cells.decorated import decorated_functions, spellings
from odibi_nb.cells.parsing import parse_python
from odibi_nb.cells.python_body import UNKNOWN, without_unknown
from odibi_nb.exceptions import TransformError
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.workspaces.functions import Namespace

__all__ = ["FunctionDefinition", "SourceFunction", "read_functions", "transforms_in"]

FunctionDefinition = ast.FunctionDef | ast.AsyncFunctionDef


class SourceFunction:
    """A function known by its signature alone.

    namespace: gives the globals in which the real one is, once it is called; None: it can't be. is_node: whether
    `@node` decorates it.
    """

    def __init__(
        self, name: str, definition: FunctionDefinition, namespace: Namespace | None = None, *, is_node: bool = False
    ) -> None:
        self.__name__ = name
        self.__doc__ = ast.get_docstring(definition)
        self.__module__ = "transforms"
        self.__signature__ = inspect.Signature(list(_parameters(definition)))
        self._defined_as, self._namespace = definition.name, namespace
        self.is_node = is_node

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        function = self.real
        args, kwargs = without_unknown(self.__signature__, arguments, named)
        return function(*args, **kwargs)

    @property
    def real(self) -> Any:
        """The function itself; to have it, the code around it is run. Raises what that raises."""
        if self._namespace is None:
            raise TransformError(f"'{self.__name__}' was read for checking only", hint="load the project to run it")
        return self._namespace()[self._defined_as]


def read_functions(root: Path) -> Functions:
    """Return the functions that `transforms.py` in `root` decorates with `@transform` or `@node`, without running it.

    Raises TransformError, with file and line, for a syntax error.
    """
    functions = Functions(parent=FunctionRegistry.functions)
    file = root / "transforms.py"
    if not file.is_file():
        return functions
    try:
        text = file.read_text(encoding="utf-8")
        tree = parse_python(text)
    except SyntaxError as exc:
        source = (exc.text or "").rstrip() or None
        raise TransformError(
            f"transforms.py: {exc.msg}", file=str(file), line=exc.lineno, column=exc.offset, source=source
        ) from exc
    for name, definition in transforms_in(tree).items():
        functions.register(SourceFunction(name, definition), name)
    nodes = {one.name for one in decorated_functions(text, tree, spellings([tree]))}
    for each in tree.body:
        if isinstance(each, FunctionDefinition) and each.name in nodes:
            functions.register(SourceFunction(each.name, each, is_node=True), each.name)
    return functions


def transforms_in(tree: ast.Module) -> dict[str, FunctionDefinition]:
    """Return the functions that a module decorates with `@transform`, by the names they get."""
    definitions = [each for each in tree.body if isinstance(each, FunctionDefinition)]
    return {name: each for each in definitions if (name := _registered_name(each)) is not None}


def _registered_name(definition: FunctionDefinition) -> str | None:
    """Return the name that `@transform` gives the function; None where it isn't decorated so."""
    for decorator in definition.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(call).rpartition(".")[2] != "transform":
            continue
        given = [*decorator.args, *(k.value for k in decorator.keywords)] if isinstance(decorator, ast.Call) else []
        names = [value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)]
        return names[0] if names else definition.name
    return None


def _parameters(definition: FunctionDefinition) -> Iterator[inspect.Parameter]:
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    without = len(positional) - len(arguments.defaults)
    for argument, default in zip(positional, [*[None] * without, *arguments.defaults], strict=True):
        yield _parameter(argument, default, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if arguments.vararg:
        yield _parameter(arguments.vararg, None, inspect.Parameter.VAR_POSITIONAL)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, default, inspect.Parameter.KEYWORD_ONLY)
    if arguments.kwarg:
        yield _parameter(arguments.kwarg, None, inspect.Parameter.VAR_KEYWORD)


def _parameter(argument: ast.arg, default: ast.expr | None, kind: Any) -> inspect.Parameter:
    annotation = ast.unparse(argument.annotation) if argument.annotation else inspect.Parameter.empty
    value = inspect.Parameter.empty if default is None else _literal(default)
    return inspect.Parameter(argument.arg, kind, default=value, annotation=annotation)


def _literal(default: ast.expr) -> Any:
    try:
        return ast.literal_eval(default)
    except (ValueError, TypeError):  # not a literal: the function itself will know
        return UNKNOWN

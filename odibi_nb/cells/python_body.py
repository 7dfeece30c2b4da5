"""Python bodies of nodes: what they need, read from source, and the function that runs them."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, Final, Literal

from odibi_nb.cells.future import future_features, future_flags
from odibi_nb.cells.language import opens_with_key
from odibi_nb.cells.magics import is_special
from odibi_nb.cells.names import AMBIENT, Name, names_of
from odibi_nb.cells.parsing import parse_python
from odibi_nb.cells.star_imports import star_imports
from odibi_nb.exceptions import TransformError, did_you_mean

__all__ = [
    "UNKNOWN",
    "Parameter",
    "PythonBody",
    "Unknown",
    "bind_python",
    "compile_python",
    "read_python",
    "without_unknown",
]

# The generated function around a body that defines the node's own; no user can write this name.
_FACTORY = "<body>"
_SQL_OPENERS = ("select", "values", "summarize", "pivot")


class Unknown:
    """The type of `UNKNOWN`, the default of a parameter that only running its code would tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def without_unknown(
    signature: inspect.Signature, args: Sequence[Any], named: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call but for those that are UNKNOWN: the function itself knows these defaults."""
    bound = signature.bind(*args, **named)
    for name in [name for name, value in bound.arguments.items() if value is UNKNOWN]:
        del bound.arguments[name]
    return bound.args, bound.kwargs


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a node's function; `default` is a literal's value, else UNKNOWN.

    made_by: what a default that is a call calls, as it is written: `date`. code: a default that is no literal.
    """

    name: str
    line: int
    has_default: bool = False
    default: Any = UNKNOWN
    annotation: str | None = None
    made_by: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PythonBody:
    """A Python body, read and not run.

    form: "function" defines a function named like the node; "code" ends in its result.
    parameters: those of the function; () for code.
    reads: the names that code takes from outside, in order, without builtins; () for a function.
    built_in: those of them that Python or the notebook has, unless a node is named so.
    uses: every name that the body takes from outside, builtins included, since a notebook may redefine them.
    carried: names that the body both takes from outside and assigns.
    result_line: where the result comes from: the function, or the last statement.
    advice: what to do where nothing comes from it; None where that can't be seen.
    """

    node: str
    source: str
    first_line: int
    form: Literal["function", "code"]
    parameters: tuple[Parameter, ...]
    reads: tuple[Name, ...]
    built_in: tuple[Name, ...]
    uses: frozenset[str]
    carried: tuple[str, ...]
    is_async: bool
    result_line: int
    advice: str | None


def read_python(body: str, *, node: str, first_line: int = 1) -> PythonBody:
    """Read a body without running it.

    first_line: the cell's line where the body begins; all lines count from it.
    Raises TransformError, with the line and the source line, for what can't be a body.
    """
    tree = _parse(body, node, first_line)
    try:
        names = names_of(tree.body)
    except SyntaxError as exc:
        raise _syntax_error(exc, body, node, first_line) from exc
    function = _node_function(tree, node)
    outside = tuple(name for name in names.reads if name.name not in AMBIENT)
    return PythonBody(
        node=node,
        source=body,
        first_line=first_line,
        form="function" if function else "code",
        parameters=tuple(_parameters(function)) if function else (),
        reads=() if function else outside,
        built_in=() if function else tuple(name for name in names.reads if name.name in AMBIENT),
        uses=names.uses,
        carried=tuple(name.name for name in names.reads if name.name in names.bound),
        is_async=isinstance(function, ast.AsyncFunctionDef) if function else _awaits(tree),
        result_line=function.lineno if function else tree.body[-1].lineno if tree.body else first_line,
        advice=None if function else _advice(tree, node),
    )


def compile_python(
    body: PythonBody, *, filename: str, inputs: tuple[str, ...] = (), future: tuple[str, ...] = ()
) -> CodeType:
    """Compile a body into one generated function, so that nothing it assigns leaks out of it.

    filename: that of the cell, for tracebacks. inputs: the names that code gets as keyword arguments
    (a function has its parameters). future: features that hold besides those that the body imports itself.
    Hand the code to `bind_python`.
    """
    tree = _parse(body.source, body.node, body.first_line)
    features = [*future, *(name for statement in tree.body for name in future_features(statement))]
    statements = [statement for statement in tree.body if not future_features(statement)]
    if body.form == "function":
        statements.append(ast.Return(ast.Name(body.node, ast.Load())))
    elif statements and isinstance(last := statements[-1], ast.Expr):
        statements[-1] = ast.copy_location(ast.Return(last.value), last)
    carried = tuple(name for name in body.carried if name not in inputs)
    wrapper = _wrapper(body, inputs if body.form == "code" else (), carried)
    wrapper.body = [*map(_unset, carried), *statements] or [ast.Pass()]
    wrapper.lineno = wrapper.end_lineno = body.first_line
    wrapper.col_offset = wrapper.end_col_offset = 0
    module = ast.fix_missing_locations(ast.Module([wrapper], type_ignores=[]))
    return _compile(module, filename, body, future_flags(features))


def bind_python(code: CodeType, namespace: dict[str, Any]) -> Callable[..., Any]:
    """Return the function that `compile_python` made, with `namespace` as its live globals.

    A node's own function is looked up by running the statements beside it, its imports for instance.
    Names that the body assigns after taking them from outside start with their value of now.
    """
    defined: dict[str, Any] = {}
    exec(code, namespace, defined)  # noqa: S102 - running the user's cell is what this is for
    function: FunctionType = next(each for each in defined.values() if isinstance(each, FunctionType))
    function.__kwdefaults__ = {name: namespace.get(name, ...) for name in function.__kwdefaults__ or {}}
    if function.__name__ != _FACTORY:
        return function
    made: Callable[..., Any] = function()
    if isinstance(made, FunctionType):
        made.__qualname__ = made.__name__  # errors about its arguments show it
    return made


def _parse(body: str, node: str, first_line: int) -> ast.Module:
    padded = "\n" * (first_line - 1) + body
    try:
        tree = parse_python(padded)
        # A function alone may hold `await`; beside one it has nowhere to run.
        _check(tree, 0 if _node_function(tree, node) else ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as exc:
        raise _syntax_error(exc, body, node, first_line) from exc
    if (star := next(star_imports(tree), None)) is not None:
        raise TransformError(
            f"'from {star.module} import *' can't stand in a node",
            hint="name what you import, or import in a cell of its own",
            node=node,
            line=star.lineno,
            source=padded.split("\n")[star.lineno - 1],
        )
    return tree


def _check(tree: ast.Module, flags: int) -> None:
    """Let Python refuse what a generated function around the body would let pass, `return` for instance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compile_python gives them, once
        try:
            compile(tree, "<check>", "exec", flags=flags, dont_inherit=True)
        except RecursionError as exc:
            raise SyntaxError("the code is nested too deeply") from exc


def _compile(module: ast.Module, filename: str, body: PythonBody, flags: int) -> CodeType:
    try:
        code: CodeType = compile(module, filename, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as exc:
        raise _syntax_error(exc, body.source, body.node, body.first_line) from exc
    return code


def _syntax_error(exc: SyntaxError, body: str, node: str, first_line: int) -> TransformError:
    line = exc.lineno or first_line
    lines = body.split("\n")
    source = lines[min(line - first_line, len(lines) - 1)] if line >= first_line else ""
    place = {"node": node, "line": line, "source": source}
    if is_special(source):
        hint = "move it to a cell of its own; a node runs without IPython too"
        return TransformError(f"'{source.strip()}' is IPython's, not Python's", hint=hint, **place)
    return TransformError(exc.msg, hint=_syntax_hint(exc.msg, body), column=exc.offset or None, **place)


def _syntax_hint(message: str, body: str) -> str | None:
    if "'return' outside function" in message:
        return "the last expression of the cell is the result: leave `return` out"
    if "'yield" in message:
        return "collect the rows, then let the last expression be the result"
    if opens_with_key(body.lstrip()):
        return "node fields in YAML before a body are closed by a line `---`"
    word = re.split(r"\W", body.lstrip(), maxsplit=1)[0].lower()
    if word in _SQL_OPENERS:
        return "it looks like SQL: leave `--lang python` out"
    near = did_you_mean(word, _SQL_OPENERS, likeness=0.75)
    return f"it is read as Python; in SQL, {near}" if near else None


def _node_function(tree: ast.Module, node: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    functions = (each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((function for function in functions if function.name == node), None)


def _advice(tree: ast.Module, node: str) -> str | None:
    """Say what keeps plain code from having a result."""
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        return None
    if tree.body and isinstance(last := tree.body[-1], ast.FunctionDef | ast.AsyncFunctionDef):
        return f"name the function '{node}', as the node, or call '{last.name}' on the last line"
    return "let the last line be the result, such as the name of a DataFrame"


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Parameter]:
    """Yield what can be given by name; `*args` and `**rest` stay empty."""
    arguments = function.args
    if arguments.posonlyargs:
        name, line = arguments.posonlyargs[0].arg, function.lineno
        message = f"parameter '{name}' of '{function.name}' is positional only"
        raise TransformError(
            message, hint="parameters are given by name: remove the `/`", node=function.name, line=line
        )
    without = len(arguments.args) - len(arguments.defaults)
    yield from map(_parameter, arguments.args, [*[None] * without, *arguments.defaults])
    yield from map(_parameter, arguments.kwonlyargs, arguments.kw_defaults)


def _parameter(argument: ast.arg, default: ast.expr | None) -> Parameter:
    annotation = argument.annotation
    text = ast.unparse(annotation) if annotation else None
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        text = annotation.value
    made_by = ast.unparse(default.func) if isinstance(default, ast.Call) else None
    value = _literal(default)
    code = ast.unparse(default) if default is not None and value is UNKNOWN else None
    return Parameter(argument.arg, argument.lineno, default is not None, value, text, made_by, code)


def _literal(default: ast.expr | None) -> Any:
    try:
        return UNKNOWN if default is None else ast.literal_eval(default)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # all that it documents
        return UNKNOWN


def _wrapper(
    body: PythonBody, inputs: tuple[str, ...], carried: tuple[str, ...]
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    defaults: list[ast.expr | None] = [None] * len(inputs) + [ast.Constant(...) for _ in carried]
    arguments = ast.arguments(
        posonlyargs=[], args=[], kwonlyargs=[ast.arg(name) for name in (*inputs, *carried)],
        kw_defaults=defaults, defaults=[],
    )  # fmt: skip
    is_function = body.form == "function"
    kind = ast.AsyncFunctionDef if body.is_async and not is_function else ast.FunctionDef
    return kind(name=_FACTORY if is_function else body.node, args=arguments, body=[], decorator_list=[])


def _unset(name: str) -> ast.If:
    """Make `if name is ...: del name`: a carried name that the notebook doesn't have is unbound again."""
    is_missing = ast.Compare(ast.Name(name, ast.Load()), [ast.Is()], [ast.Constant(...)])
    return ast.If(is_missing, [ast.Delete([ast.Name(name, ast.Del())])], [])


def _awaits(tree: ast.Module) -> bool:
    """Tell whether the body awaits outside its functions."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return False

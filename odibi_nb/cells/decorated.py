"""Functions decorated with `@node`, read from source: what they declare, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from odibi_nb.cells.body import Declaration
from odibi_nb.cells.expectations import parse_expectation
from odibi_nb.cells.language import node_fields
from odibi_nb.cells.options import UPSTREAM, NodeOptions, as_target
from odibi_nb.exceptions import UsageError, did_you_mean

__all__ = ["NodeFunction", "declaration_of", "decorated_functions", "imports_of_ours", "spellings"]

_PACKAGE = "odibi_nb"
_LINE_OPTIONS = frozenset(
    {"describe", "expect", "format", "into", "key", "mock", "mode", "no_run", "option", "options", "pipeline", "tag"}
    | {"upstream"}
)
_TWICE = {"tag": "tags", "describe": "description", "expect": "validation", "option": "options"}


@dataclass(frozen=True, slots=True)
class NodeFunction:
    """A function decorated with `@node`.

    source: of the function, without that decorator; first_line: the line of its cell or file where it begins.
    line: the decorator's. options, positional: what stands between its brackets. is_first: of the decorators.
    """

    name: str
    source: str
    first_line: int
    line: int
    options: tuple[ast.keyword, ...] = ()
    positional: tuple[ast.expr, ...] = ()
    is_first: bool = True


def spellings(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Return how the decorator is written in code, by what that imports: `node`, `odibi_nb.node`."""
    return frozenset(spelt for tree in trees for statement in tree.body for spelt in _spelt(statement))


def imports_of_ours(statement: ast.stmt) -> bool:
    """Whether a statement imports the decorator, and nothing else."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return False
    return len(list(_spelt(statement))) == len(statement.names)


def decorated_functions(text: str, tree: ast.Module, spelt: Iterable[str]) -> list[NodeFunction]:
    """Return the functions of a text that the decorator stands above; spelt: as `spellings` gives it."""
    known, lines = frozenset(spelt), text.split("\n")
    functions = (each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return [found for each in functions if (found := _node_function(each, lines, known)) is not None]


def declaration_of(function: NodeFunction, place: Callable[[int], dict[str, Any]]) -> Declaration:
    """Return what a decorated function declares; place: gives the place of a line.

    Raises UsageError, at the line of the option.
    """

    def refuse(message: str, hint: str | None = None, line: int | None = None) -> NoReturn:
        raise UsageError(f"@node: {message}", hint=hint, node=function.name, **place(line or function.line))

    if not function.is_first:
        refuse("it stands below another decorator", "put it first: it declares what the others make")
    given = _literals(function, refuse)
    known = (node_fields() | _LINE_OPTIONS) - {"name", "transform"}
    for name in given:
        if name not in known:
            hint = "the function says it" if name in ("name", "transform") else did_you_mean(name, known)
            refuse(f"there is no option '{name}'", hint or f"options: {', '.join(sorted(known))}")
    for option, field in _TWICE.items():
        if option in given and field in given:
            refuse(f"'{option}' and '{field}' say the same", "keep one of the two")
    try:
        fields = _fields(function.name, given)
        options = _session_options(function.name, given)
    except ValueError as exc:
        refuse(str(exc))
    except UsageError as exc:
        raise exc.at(node=function.name, **place(function.line)) from exc.__cause__
    return Declaration(function.name, "python", fields, function.source, function.first_line, options, function.line)


def _spelt(statement: ast.stmt) -> Iterator[str]:
    """Yield the names under which a statement imports the decorator."""
    if isinstance(statement, ast.ImportFrom) and statement.module == _PACKAGE and not statement.level:
        yield from (alias.asname or alias.name for alias in statement.names if alias.name == "node")
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.name in (_PACKAGE, f"{_PACKAGE}.node"):
                top = _PACKAGE if alias.asname is None else alias.asname
                yield top if alias.asname and alias.name != _PACKAGE else f"{top}.node"


def _node_function(
    function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str], spelt: frozenset[str]
) -> NodeFunction | None:
    for number, decorator in enumerate(function.decorator_list):
        call = decorator if isinstance(decorator, ast.Call) else None
        if ast.unparse(call.func if call else decorator) not in spelt:
            continue
        others = function.decorator_list[1:]
        first = others[0].lineno if others else function.lineno
        source = "\n".join(lines[first - 1 : function.end_lineno])
        options, positional = (tuple(call.keywords), tuple(call.args)) if call else ((), ())
        return NodeFunction(function.name, source, first, decorator.lineno, options, positional, number == 0)
    return None


def _literals(function: NodeFunction, refuse: Callable[..., NoReturn]) -> dict[str, Any]:
    """Return the options as values: they are read where no code may run."""
    if function.positional:
        refuse("its options have names", "@node(tags=['daily'])", function.positional[0].lineno)
    given: dict[str, Any] = {}
    for keyword in function.options:
        if keyword.arg is None:
            refuse("'**' can't be read from source", "write the options out", keyword.value.lineno)
        try:
            given[keyword.arg] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            hint = "options are read without running anything: write the value itself"
            refuse(f"'{keyword.arg}' is no literal: {ast.unparse(keyword.value)}", hint, keyword.value.lineno)
    return given


def _fields(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node fields that the options state, in the dialect's form; raises ValueError."""
    fields = {key: value for key, value in given.items() if key not in _LINE_OPTIONS}
    stated = {
        "name": name,
        "description": given.get("describe"),
        "tags": _listed(given, "tag") or _listed(given, "tags"),
        "depends_on": _listed(given, "depends_on"),
        "read": _read(given),
        "write": _write(given),
        "validation": _validation(given),
    }
    return {**fields, **{key: value for key, value in stated.items() if value is not None and value != []}}


def _read(given: Mapping[str, Any]) -> Any:
    options = given.get("options", given.get("option"))
    if not isinstance(given.get("read"), str):
        if options is not None:
            raise ValueError("'options' are those of a read: write read='CONN:PATH'")
        return given.get("read")
    read = _access("read", given["read"], given.get("format"))
    return {**read, "options": options} if options is not None else read


def _write(given: Mapping[str, Any]) -> Any:
    more = [option for option in ("mode", "key") if given.get(option) is not None]
    if not isinstance(given.get("write"), str):
        if more:
            raise ValueError(f"'{more[0]}' is that of a write: write write='CONN:PATH'")
        return given.get("write")
    write = _access("write", given["write"], None if given.get("read") else given.get("format"))
    if given.get("mode") is not None:
        write["mode"] = given["mode"]
    keys = _listed(given, "key")
    return {**write, "options": {"keys": keys}} if keys else write


def _access(option: str, text: str, format_name: str | None) -> dict[str, Any]:
    try:
        target = as_target(text)
    except ValueError as exc:
        raise ValueError(f"'{option}' is {exc}, not '{text}'") from exc
    access = {"connection": target.connection, "path": target.path}
    return {**access, "format": format_name} if format_name else access


def _validation(given: Mapping[str, Any]) -> Any:
    expected = _listed(given, "expect")
    return {"tests": [parse_expectation(text) for text in expected]} if expected else given.get("validation")


def _listed(given: Mapping[str, Any], option: str) -> list[str]:
    value = given.get(option)
    listed = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    if value is not None and ((not listed and value != []) or not all(isinstance(one, str) for one in listed)):
        raise ValueError(f"'{option}' is a text or a list of texts, not {value!r}")
    return listed


def _session_options(name: str, given: Mapping[str, Any]) -> NodeOptions:
    """Return what the options say to a session alone; raises ValueError."""
    no_run, mock = given.get("no_run", False), given.get("mock", False)
    upstream, into, pipeline = given.get("upstream"), given.get("into"), given.get("pipeline")
    if not isinstance(no_run, bool):
        raise ValueError(f"'no_run' is true or false, not {no_run!r}")
    if mock not in (False, None, True, "given", "auto"):
        raise ValueError(f"'mock' is True or 'auto', not {mock!r}")
    if upstream not in (None, *UPSTREAM):
        raise ValueError(f"'upstream' is one of {', '.join(UPSTREAM)}, not {upstream!r}")
    for option, text in (("into", into), ("pipeline", pipeline)):
        if text is not None and not (isinstance(text, str) and text and (option != "into" or text.isidentifier())):
            raise ValueError(f"'{option}' is a name, not {text!r}")
    if mock and upstream:
        raise ValueError("'mock' and 'upstream' both say what the cell runs on: keep one of the two")
    asked: Literal["given", "auto"] | None = "auto" if mock == "auto" else "given" if mock else None
    return NodeOptions(name, no_run=no_run, mock=asked, upstream=upstream, into=into, pipeline=pipeline)

"""Texts and code without what doesn't matter: comments, white space, places."""

from __future__ import annotations

import ast
import dis
from bisect import bisect_left
from functools import lru_cache
from hashlib import blake2b
from types import CodeType
from typing import Any

from odibi_nb.cells.parsing import parse_python
from odibi_nb.sql.tokens import tokenize

__all__ = ["code_digest", "global_names", "imported_modules", "normal_python", "normal_sql"]

_BESIDE = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "PUSH_NULL"})
_NAMING = frozenset({"LOAD_ATTR", "LOAD_GLOBAL", "LOAD_METHOD"})
_ALIKE = {"LOAD_METHOD": "LOAD_ATTR"}
_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})


@lru_cache(maxsize=4096)
def normal_sql(text: str) -> str:
    """Return SQL without comments and white space of no meaning."""
    return " ".join(token.text for token in tokenize(text))


@lru_cache(maxsize=4096)
def normal_python(source: str, function: str = "") -> str:
    """Return Python without comments and white space of no meaning; as it is, where it is none.

    function: of a name that doesn't matter, and is left out.
    """
    try:
        tree = parse_python(source)
        for statement in tree.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == function:
                statement.name = "_"
        return ast.unparse(tree)
    except (SyntaxError, RecursionError):
        return source


@lru_cache(maxsize=4096)
def code_digest(code: CodeType) -> bytes:
    """Return what compiled code does, whatever lines it stands on."""
    # Since Python 3.13 a class says itself on which line it begins.
    lines = (code.co_firstlineno,) if "__firstlineno__" in code.co_names else ()
    constants = [_constant(one) if type(one) is not int or one not in lines else "line" for one in code.co_consts]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    said = (*_steps(code), names, counts, constants)
    return blake2b(repr(said).encode(), digest_size=16).digest()


@lru_cache(maxsize=4096)
def global_names(code: CodeType) -> tuple[str, ...]:
    """Return the names that code, and the code within it, takes from its globals, sorted."""
    found = {str(step.argval) for step in dis.get_instructions(code) if step.opname in _GLOBAL}
    inner = (name for constant in code.co_consts if isinstance(constant, CodeType) for name in global_names(constant))
    return tuple(sorted(found.union(inner)))


@lru_cache(maxsize=4096)
def imported_modules(code: CodeType) -> tuple[str, ...]:
    """Return the modules that code, and the code within it, imports when it runs, sorted; relative ones with dots.

    Of `from a import b` that is `a` and `a.b`, which may be a module too.
    """
    found = set[str]()
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    for at, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            name = "." * steps[at - 2].argval + step.argval
            found |= {name, *(f"{name.removesuffix('.')}.{part}" for part in steps[at - 1].argval or ())}
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return tuple(sorted(found.union(*map(imported_modules, inner))))


def _steps(code: CodeType) -> tuple[list[tuple[str, Any]], list[tuple[Any, ...]]]:
    """Return the instructions, and what is handled where when they raise, by places that are counted alike.

    How Python calls `re.sub` depends on whether `re` is imported in the same cell or file; what it does, does not.
    """
    listed = dis.Bytecode(code)
    steps = [step for step in listed if step.opname not in _BESIDE]
    offsets = [step.offset for step in steps]
    jumps = {*dis.hasjrel, *dis.hasjabs}
    told = [
        (_ALIKE.get(step.opname, step.opname), step.argval)
        if step.opname in _NAMING
        else (step.opname, bisect_left(offsets, step.argval) if step.opcode in jumps else step.arg)
        for step in steps
    ]
    handled = [
        (*(bisect_left(offsets, at) for at in (one.start, one.end, one.target)), one.depth, one.lasti)
        for one in listed.exception_entries  # type: ignore[attr-defined]  # since 3.11; typeshed has none
    ]
    return told, handled


def _constant(constant: Any) -> Any:
    if isinstance(constant, CodeType):
        return code_digest(constant)
    if isinstance(constant, frozenset):  # its order differs from one process to the next
        return sorted(map(repr, constant))
    return type(constant).__name__, repr(constant)

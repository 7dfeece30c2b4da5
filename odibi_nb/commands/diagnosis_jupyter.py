"""What `doctor` looks at of Jupyter, whose server may live in another environment than the kernel."""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from packaging.version import Version

import odibi_nb
from odibi_nb.commands.findings import Finding, look_at_folder, version_of

__all__ = ["jupyter_checks"]

_EXTENSIONS = {
    "@jupyter-widgets/jupyterlab-manager": ("jupyterlab_widgets", "no widget is shown, only static pictures"),
    "anywidget": ("anywidget", "the live graph and tables aren't shown, only static pictures"),
    "odibi-nb": ("odibi_nb", "SQL in cells has no colours"),
}
"""By extension: the package that brings it, and what is missing without it."""
_LOWEST = {"jupyterlab": Version("4.2"), "notebook": Version("7.2")}


def jupyter_checks() -> Iterator[Finding]:
    """Look at the server, its extensions, and the kernels that it starts."""
    fronts = {name: version for name in ("jupyterlab", "notebook") if (version := version_of(name))}
    server = _server(has_front=bool(fronts))
    if server is None:
        detail = "no JupyterLab here; notebooks still run in a shell and in editors"
        yield Finding("Jupyter", "warn", detail, "pip install jupyterlab")
        return
    if server.is_ours:
        yield from _fronts(fronts)
    else:
        yield Finding("Jupyter", "ok", f"that of {server.prefix}")
    yield from server.extensions()
    yield from server.kernels()
    from jupyter_core.paths import jupyter_runtime_dir

    yield look_at_folder("Jupyter's runtime files", Path(jupyter_runtime_dir()), "fail")


def _fronts(versions: Mapping[str, str]) -> Iterator[Finding]:
    """Say which front ends there are, and which are older than what colours and formats SQL in cells."""
    old = {name: lowest for name, lowest in _LOWEST.items() if name in versions and Version(versions[name]) < lowest}
    for name, lowest in old.items():
        detail = f"{name} {versions[name]}: SQL in cells has colours from {lowest} on"
        yield Finding("Jupyter", "warn", detail, f"pip install '{name}>={lowest}'")
    if not old:
        yield Finding("Jupyter", "ok", ", ".join(f"{name} {version}" for name, version in versions.items()))


def _server(*, has_front: bool) -> _Server | None:
    """Return the environment of the `jupyter lab` that a shell would start, else this one if it has any."""
    program = shutil.which("jupyter-lab") or shutil.which("jupyter-notebook")
    if program is not None:
        return _Server(Path(program).resolve().parent.parent)
    return _Server(Path(sys.prefix)) if has_front else None


@dataclass(frozen=True)
class _Server:
    """prefix: the environment in which Jupyter's server runs."""

    prefix: Path

    @property
    def is_ours(self) -> bool:
        return self.prefix.resolve() == Path(sys.prefix).resolve()

    def extensions(self) -> Iterator[Finding]:
        """Say of each part for the browser whether the server has it, as this kernel needs it, and switched on."""
        for name, (package, without) in _EXTENSIONS.items():
            version, place = self._extension(name)
            title, wanted = f"labextension {name}", _wanted(name)
            if version is None:
                detail = f"not where {self.prefix} looks for it: {without}"
                yield Finding(title, "warn", detail, f"{self._install(package)}, then reload the page")
            elif wanted is not None and _minor(version) != _minor(wanted):
                detail = f"{version} in {place}, the kernel has {wanted}: {without}"
                yield Finding(title, "warn", detail, f"{self._install(package, again=True)}, then reload the page")
            elif name in self._disabled:
                fix = f"jupyter labextension enable {name}"
                yield Finding(title, "warn", f"{version}, but it is switched off: {without}", fix)
            else:
                yield Finding(title, "ok", version)

    def _install(self, package: str, *, again: bool = False) -> str:
        """Return the command that brings a package's extension to the server."""
        source = Path(odibi_nb.__file__).parent
        if self.is_ours and package == "odibi_nb" and not source.is_relative_to(sysconfig.get_path("purelib")):
            # An editable installation places no data files.
            return f"ln -sfn {source / 'labextension'} {self.prefix / 'share/jupyter/labextensions/odibi-nb'}"
        pip = "pip" if self.is_ours else f"{self.prefix / 'bin/python'} -m pip"
        return f"{pip} install {'--force-reinstall --no-deps ' if again else ''}{package}"

    def kernels(self) -> Iterator[Finding]:
        """Say whether this Python can be chosen as a kernel, and what the notebooks here would start."""
        ours = [name for name, python in self._kernels.items() if _is_this_python(python)]
        register = f"{sys.executable} -m ipykernel install --user --name {Path(sys.prefix).name.strip('.') or 'odibi'}"
        if not ours:
            yield Finding("kernel", "warn", f"none starts this Python, {sys.executable}", register)
        else:
            yield Finding("kernel", "ok", ", ".join(ours))
        for file, name in _asked_for(Path.cwd()):
            if name not in self._kernels:
                detail = f"{file} asks for '{name}', which is not registered"
                yield Finding("kernel", "warn", detail, f"{register}, or choose another kernel in the notebook")
            elif not _is_this_python(self._kernels[name]):
                detail = f"'{name}', which {file} asks for, starts {self._kernels[name]}, another Python than this one"
                yield Finding("kernel", "warn", detail, f"choose {' or '.join(ours) or 'this Python'} in the notebook")

    def _extension(self, name: str) -> tuple[str | None, Path | None]:
        for place in self._places("labextensions"):
            if said := _read(place / name / "package.json"):
                return str(said.get("version", "")), place / name
        return None, None

    @cached_property
    def _disabled(self) -> set[str]:
        from jupyter_core.paths import jupyter_config_path

        found: set[str] = set()
        for folder in self._of_server(jupyter_config_path(), "etc/jupyter"):
            listed = _read(folder / "labconfig/page_config.json").get("disabledExtensions", {})
            found |= {name for name in listed if isinstance(listed, list) or listed[name]}
        return found

    @cached_property
    def _kernels(self) -> Mapping[str, Path]:
        """The kernels of Python that the server knows, with the Python that each starts."""
        found: dict[str, Path] = {}
        for place in self._places("kernels"):
            for file in sorted(place.glob("*/kernel.json")):
                said = _read(file)
                if said.get("language") == "python" and said.get("argv"):
                    found.setdefault(file.parent.name, self._python(str(said["argv"][0])))
        if any(self.prefix.glob("lib/python*/site-packages/ipykernel")):  # Jupyter's own, registered or not
            found.setdefault("python3", self._python("python"))
        return found

    def _python(self, program: str) -> Path:
        """Return what a kernel's first word starts: a bare `python` is the server's."""
        return Path(program) if "/" in program or "\\" in program else self.prefix / "bin" / program

    def _places(self, kind: str) -> Iterable[Path]:
        from jupyter_core.paths import jupyter_path

        return self._of_server(jupyter_path(kind), f"share/jupyter/{kind}")

    def _of_server(self, folders: Sequence[str], within: str) -> list[Path]:
        """Return folders as the server has them: where ours looks into our environment, it looks into its own."""
        ours = Path(sys.prefix, within)
        return [self.prefix / within if Path(folder) == ours else Path(folder) for folder in folders]


def _wanted(extension: str) -> str | None:
    """Return the version that this kernel's side of an extension has, where both have to be of one."""
    if extension == "odibi-nb":
        shipped = resources.files("odibi_nb").joinpath("labextension/package.json")
        return str(json.loads(shipped.read_text("utf-8"))["version"])
    return version_of("anywidget") if extension == "anywidget" else None


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _is_this_python(python: Path) -> bool:
    # Not resolved: the Python of an environment is a link to the one that it was made with.
    return python.absolute().parent == Path(sys.executable).absolute().parent


def _asked_for(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the pipelines' notebooks of a folder, with the kernel that each asks for."""
    for file in sorted(folder.glob("*.ipynb")):
        said = _read(file)
        name = said.get("metadata", {}).get("kernelspec", {}).get("name")
        if name and "%%odibi_" in json.dumps(said.get("cells", "")):
            yield file.name, str(name)


def _read(file: Path) -> dict[str, Any]:
    """Return a JSON object; {} where there is none that can be read."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

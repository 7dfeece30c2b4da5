"""What `doctor` looks at of the shell, and of the folder where it is called: what stands in the way of runs there."""

from __future__ import annotations

import codecs
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import odibi_nb
from odibi_nb.commands.findings import Finding
from odibi_nb.exceptions import plural

__all__ = ["project_checks", "shell_checks"]

_IMPORTED = ("anywidget", "duckdb", "IPython", "ipywidgets", "numpy", "odibi_nb", "pandas", "pyarrow", "pydantic",
             "sqlglot", "yaml")  # fmt: skip


def shell_checks() -> Iterator[Finding]:
    """Look at what a shell gives to and takes from the program."""
    program, scripts = shutil.which("odibi-nb"), Path(sysconfig.get_path("scripts"))
    if program is None:
        yield Finding("odibi-nb", "ok", f"not on the PATH: cron and others call {scripts / 'odibi-nb'}")
    elif Path(program).resolve().parent != scripts.resolve():
        detail = f"the one on the PATH, {program}, is of another Python than this one, {sys.executable}"
        yield Finding("odibi-nb", "warn", detail, f"put {scripts} first on the PATH, or call {scripts / 'odibi-nb'}")
    else:
        yield Finding("odibi-nb", "ok", program)
    encoding = codecs.lookup(sys.stdout.encoding or "ascii").name
    if encoding == "utf-8":
        yield Finding("output", "ok", encoding)
    else:
        yield Finding("output", "warn", f"{encoding}: ✓ and the like are shown as ?", "export PYTHONUTF8=1")


def project_checks() -> Iterator[Finding]:
    """Look at the folder: what is stored, what git has of it, and what hides a library."""
    here = Path.cwd()
    if (here / ".odibi").is_dir():
        yield _store(here)
        yield from _tracked(here)
    yield from _hidden(here)
    yield from _schema(here)


def _store(here: Path) -> Finding:
    from odibi_nb.store import ResultStore
    from odibi_nb.views.stored import size_text

    name, store = "stored results", ResultStore(here / ".odibi")
    size, lost = store.size_bytes(), store.lost()
    prune = "odibi-nb store NOTEBOOK prune"
    kept = f"{plural(len(store.entries()), 'result')}, {size_text(size)}"
    if lost:
        detail = f"{kept}; {plural(lost, 'more')} can't be read or have lost rows, and are computed again"
        return Finding(name, "warn", detail, f"{prune} --check")
    if size > store.limit_bytes:
        return Finding(name, "warn", f"{kept}, which is more than {size_text(store.limit_bytes)}", prune)
    return Finding(name, "ok", kept)


def _tracked(here: Path) -> Iterator[Finding]:
    """Warn of results in git: they are large, and every run would change them."""
    if (git := shutil.which("git")) is None:
        return
    command = [git, "ls-files", "--", ".odibi"]
    listed = subprocess.run(command, cwd=here, capture_output=True, check=False)  # noqa: S603 - no word is anybody's
    if files := listed.stdout.splitlines():
        detail = f"git tracks {plural(len(files), 'file')} of .odibi, which every run changes"
        yield Finding("git", "warn", detail, "git rm -r --cached .odibi; its own .gitignore keeps it out from then on")


def _hidden(here: Path) -> Iterator[Finding]:
    for name in _IMPORTED:
        for file in (here / f"{name}.py", here / name / "__init__.py"):
            if file.is_file() and file != Path(odibi_nb.__file__):
                detail = f"notebooks here import {file} in its place"
                yield Finding(name, "fail", detail, f"give {file.relative_to(here)} another name")


def _schema(here: Path) -> Iterator[Finding]:
    file = here / "odibi.schema.json"
    if not file.is_file():
        return
    from odibi_nb.config.schema import json_schema_text

    shipped = resources.files("odibi_nb.config").joinpath("schema.json").read_text("utf-8")
    if file.read_text("utf-8", errors="replace") in (shipped, json_schema_text()):  # that with plug-ins, too
        yield Finding(file.name, "ok", "as this version has it")
    else:
        detail = "not that of this version: editors may mark what is right, or miss what is wrong"
        yield Finding(file.name, "warn", detail, f"odibi-nb schema --out {file.name}")

"""The commit that a folder stands at."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

__all__ = ["Revision", "commit_of", "revision_of"]

_PATIENCE_S = 2.0


class Revision(NamedTuple):
    """A commit, and whether files that Git follows have changed since; None where that isn't known."""

    commit: str | None
    dirty: bool | None


def commit_of(folder: Path) -> str | None:
    """Return the commit of the repository around a folder, as its files say: to ask Git takes many times as long."""
    try:
        repository = next((one / ".git" for one in (folder, *folder.parents) if (one / ".git").exists()), None)
        return _head(_git_folder(repository)) if repository is not None else None
    except (OSError, UnicodeDecodeError):
        return None


def revision_of(folder: Path) -> Revision:
    """Return the commit, and whether it is what the files are."""
    commit = commit_of(folder)
    if commit is None:
        return Revision(None, None)
    command = ["git", "--no-optional-locks", "-C", str(folder), "status", "--porcelain", "--untracked-files=no"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=True)  # noqa: S603 - no shell
    except (OSError, subprocess.SubprocessError):
        return Revision(commit, None)
    return Revision(commit, bool(done.stdout.strip()))


def _git_folder(place: Path) -> Path:
    """Return the folder of Git's own files; that of a worktree is named in a file."""
    if place.is_dir():
        return place
    return place.parent / place.read_text("utf-8").removeprefix("gitdir:").strip()


def _head(git: Path) -> str | None:
    head = (git / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head or None
    ref = head.removeprefix("ref:").strip()
    common = git / "commondir"
    shared = (git / common.read_text("utf-8").strip()) if common.exists() else git
    for folder in (git, shared):
        if (folder / ref).exists():
            return (folder / ref).read_text("utf-8").strip()
    packed = shared / "packed-refs"
    lines = packed.read_text("utf-8").splitlines() if packed.exists() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {ref}")), None)

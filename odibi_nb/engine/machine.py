"""What this process may use of the machine: memory, processors, and room on a disk."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

__all__ = ["free_bytes", "is_in_memory", "usable_cpus", "usable_memory_bytes"]

_CGROUPS = Path("/sys/fs/cgroup")
_PROCESS = Path("/proc/self")
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def usable_memory_bytes(*, cgroups: Path = _CGROUPS, process: Path = _PROCESS) -> int | None:
    """Return the machine's memory, or the limit of this process's container where that is less.

    cgroups, process: where Linux tells it. None: the system doesn't tell.
    """
    limits = [_first_number(folder / file) for folder, file in _memory_files(cgroups, process)]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min((limit for limit in limits if limit), default=None)


def usable_cpus(*, cgroups: Path = _CGROUPS, process: Path = _PROCESS) -> int:
    """Return how many processors this process may keep busy, one or more: by its affinity and its container."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([own, *_cpu_quotas(cgroups, process)]))


def free_bytes(folder: Path) -> int:
    """Return the room for more on the disk that a folder is on, or would be made on."""
    return shutil.disk_usage(_there(folder)).free


def is_in_memory(folder: Path, *, process: Path = _PROCESS) -> bool:
    """Whether what is written to a folder takes memory instead of a disk."""
    try:
        mounts = [line.split() for line in (process / "mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:  # no Linux: nothing is mounted so by default
        return False
    place = PurePosixPath(_there(folder).resolve())
    # The last of several mounts on one place is the one that is seen.
    around = [(len(point), kind) for _, point, kind, *_ in mounts if place.is_relative_to(point)]
    return max(reversed(around), key=lambda one: one[0], default=(0, ""))[1] in _IN_MEMORY


def _there(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.is_dir())


def _memory_files(cgroups: Path, process: Path) -> Iterator[tuple[Path, str]]:
    for controllers, folder in _own_groups(cgroups, process):
        if controllers == "":
            yield folder, "memory.max"
        elif "memory" in controllers.split(","):
            yield folder, "memory.limit_in_bytes"


def _cpu_quotas(cgroups: Path, process: Path) -> Iterator[int]:
    for controllers, folder in _own_groups(cgroups, process):
        if controllers == "":
            quota, period = _first_number(folder / "cpu.max"), _first_number(folder / "cpu.max", at=1)
        elif "cpu" in controllers.split(","):
            quota, period = (_first_number(folder / f"cpu.cfs_{what}_us") for what in ("quota", "period"))
        else:
            continue
        if quota and period:
            yield math.ceil(quota / period)


def _own_groups(cgroups: Path, process: Path) -> Iterator[tuple[str, Path]]:
    """Yield the folders of the groups that this process is in, and of those around them.

    With each, the controllers that the line of /proc tells of: "" is version 2, with all of them in one folder.
    """
    try:
        lines = (process / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        root = cgroups / controllers
        # In a container the path may be the host's; then the top folder is the container's own.
        for above in (PurePosixPath(path), *PurePosixPath(path).parents):
            yield controllers, root / above.relative_to("/")


def _first_number(file: Path, *, at: int = 0) -> int | None:
    """Return a number that a file holds; None where it says "max", -1, or isn't there."""
    try:
        words = file.read_text(encoding="utf-8").split()
        number = int(words[at])
    except (OSError, ValueError, IndexError):
        return None
    return number if number > 0 else None

"""What the process may use, read from the files in which Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from odibi_nb.engine.machine import free_bytes, is_in_memory, usable_cpus, usable_memory_bytes


@pytest.fixture
def told(tmp_path: Path):
    """Gives files of /proc/self and /sys/fs/cgroup, and the two folders as arguments."""

    def tell(**files: str) -> dict[str, Path]:
        for name, text in files.items():
            file = tmp_path / name.replace("__", "/").replace("_of_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return {"cgroups": tmp_path / "cgroup", "process": tmp_path / "self"}

    return tell


def test_without_containers_all_memory_and_processors_may_be_used(told) -> None:
    ram = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert usable_memory_bytes(**told()) == ram
    assert usable_cpus(**told()) == len(os.sched_getaffinity(0))


def test_limit_of_a_version_2_container_counts_also_of_one_around_it(told) -> None:
    folders = told(self__cgroup="0::/outer/inner\n", cgroup__outer__inner__memory_of_max="max\n")
    told(cgroup__outer__memory_of_max="3000000\n", cgroup__outer__cpu_of_max="100000 100000\n")
    assert usable_memory_bytes(**folders) == 3_000_000
    assert usable_cpus(**folders) == 1


def test_limit_of_a_version_1_container_counts_where_its_path_is_the_hosts(told) -> None:
    folders = told(self__cgroup="4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n0::/\n")
    told(cgroup__memory__memory_of_limit_in_bytes="5000000\n")
    told(
        **{"cgroup__cpu,cpuacct__cpu_of_cfs_quota_us": "50000\n", "cgroup__cpu,cpuacct__cpu_of_cfs_period_us": "100000"}
    )
    assert usable_memory_bytes(**folders) == 5_000_000
    assert usable_cpus(**folders) == 1


def test_a_container_without_limits_changes_nothing(told) -> None:
    folders = told(self__cgroup="4:memory:/a\n1:cpu:/a\n", cgroup__cpu__a__cpu_of_cfs_quota_us="-1\n")
    told(cgroup__memory__a__memory_of_limit_in_bytes="9223372036854771712\n")
    assert usable_memory_bytes(**folders) == usable_memory_bytes(**told(self__cgroup=""))
    assert usable_cpus(**folders) == len(os.sched_getaffinity(0))


def test_a_folder_is_in_memory_where_its_own_mount_is(told, tmp_path: Path) -> None:
    process = told(self__mounts=f"disk / ext4 rw\nt {tmp_path}/ram tmpfs rw\ndisk {tmp_path}/ram/disk ext4 rw\n")[
        "process"
    ]
    assert is_in_memory(tmp_path / "ram" / "not yet there", process=process) is False  # `ram` isn't there either
    (tmp_path / "ram" / "disk").mkdir(parents=True)
    assert is_in_memory(tmp_path / "ram" / "not yet there", process=process) is True
    assert is_in_memory(tmp_path / "ram" / "disk", process=process) is False
    assert is_in_memory(tmp_path / "ramses", process=process) is False


def test_room_is_told_for_a_folder_that_is_not_made_yet(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "a" / "b") == pytest.approx(free_bytes(tmp_path), rel=0.1)

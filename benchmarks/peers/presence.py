"""Whether a peer is installed in the environment that this runs in."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

__all__ = ["find"]


def find(packages: Sequence[str]) -> dict[str, list[str] | str]:
    """Return the packages that are missing, and the version of the first."""
    versions = [_version(package) for package in packages]
    missing = [package for package, there in zip(packages, versions, strict=True) if not there]
    return {"missing": missing, "version": versions[0]}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

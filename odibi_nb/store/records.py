"""Small JSON files with a checksum each, replaced whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

__all__ = ["TEMPORARY", "keep_private", "read_record", "sweep", "unfinished", "write_record"]

TEMPORARY = ".part"
_DIGEST_BYTES = 16
_NAME = "of"


def keep_private(folder: Path) -> None:
    """Make `.odibi`, which version control is to leave out; raises OSError."""
    ignored = folder / ".gitignore"
    if not ignored.exists():
        folder.mkdir(parents=True, exist_ok=True)
        ignored.write_text("*\n", encoding="utf-8")


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record in place of the one that is there; raises OSError."""
    said = {**record, _NAME: path.stem}  # so that a file that was given another name counts for nothing
    body = json.dumps(said, separators=(",", ":")).encode()  # as ASCII, for text that isn't valid Unicode
    with unfinished(path) as file:
        file.write_bytes(_sum(body) + b"\n" + body)
        file.replace(path)


def read_record(path: Path) -> dict[str, Any] | None:
    """Return a record; None where there is none, or one that isn't whole or is another's."""
    try:
        total, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if total != _sum(body):
        return None
    record: dict[str, Any] = json.loads(body)
    return record if record.pop(_NAME, "") == path.stem else None


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Yield a new empty file beside `path`; it is gone at the end, unless it has got another name by then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(TEMPORARY, f"{path.stem}.{os.getpid()}.", path.parent)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)


def _sum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST_BYTES).hexdigest().encode()


def sweep(folder: Path) -> None:
    """Remove what was never finished, of processes that are gone."""
    for path in folder.glob(f"*{TEMPORARY}"):
        if not _is_alive(path):
            path.unlink(missing_ok=True)


def _is_alive(path: Path) -> bool:
    """Whether the process that began a file, whose number is in its name, still runs on this machine."""
    try:
        os.kill(int(path.name.split(".")[1]), 0)
    except (ValueError, IndexError, ProcessLookupError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True

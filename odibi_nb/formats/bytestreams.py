"""Opening files whose name says how they are compressed."""

from __future__ import annotations

import bz2
import gzip
import io
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from odibi_nb.formats.base import Opener

__all__ = ["BOM_ENCODINGS", "compression_of", "open_plain", "without_compression"]

_SUFFIXES = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}

BOM_ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def compression_of(path: str) -> str | None:
    """Return gzip, bz2 or zstd, as the last extension says."""
    return next((kind for suffix, kind in _SUFFIXES.items() if path.lower().endswith(suffix)), None)


def without_compression(path: str) -> str:
    """Return `path` without a .gz, .bz2 or .zst at its end."""
    suffix = next((suffix for suffix in _SUFFIXES if path.lower().endswith(suffix)), "")
    return path[: len(path) - len(suffix)]


def open_plain(opener: Opener, uri: str) -> BinaryIO:
    """Open `uri` for reading its uncompressed bytes."""
    raw = opener(uri)
    match compression_of(uri):
        case "gzip":
            return cast("BinaryIO", gzip.GzipFile(fileobj=raw))
        case "bz2":
            return cast("BinaryIO", bz2.BZ2File(raw))
        case "zstd":
            import pyarrow as pa

            return cast("BinaryIO", io.BufferedReader(pa.CompressedInputStream(raw, "zstd")))
    return raw

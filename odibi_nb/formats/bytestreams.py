"""Opening files whose name says how they are compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from odibi_nb.exceptions import FormatError

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
    raw, kind = opener(uri), compression_of(uri)
    if kind is None:
        return raw
    return cast("BinaryIO", io.BufferedReader(_Unpacked(_unpacking(raw, kind), kind, uri)))


class _Unpacked(io.RawIOBase):
    """The bytes that a compressed stream holds; a stream that is damaged, or none, is a FormatError."""

    def __init__(self, stream: Any, kind: str, uri: str) -> None:
        self._stream, self._kind, self._uri = stream, kind, uri

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._stream.read(len(buffer))
        except (OSError, EOFError, ValueError, zlib.error) as exc:
            raise FormatError(
                f"the file can't be unpacked as {self._kind}: {exc}",
                hint="is it whole, and compressed as its name says?",
                file=self._uri,
            ) from exc
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _unpacking(raw: BinaryIO, kind: str) -> Any:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if kind == "bz2":
        return bz2.BZ2File(raw)
    import pyarrow as pa

    return pa.CompressedInputStream(raw, "zstd")

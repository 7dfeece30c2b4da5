"""Tables as Arrow files: written by one process, mapped into memory by another."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_table", "take_table", "write_table"]


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as it stands in memory."""
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def read_table(path: str | Path) -> pa.Table:
    """Return the table of a file; its rows are read when they are looked at."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def take_table(path: Path) -> pa.Table:
    """Return the table of a file, and remove the file: the rows last as long as the table."""
    import pyarrow as pa

    if os.name == "nt":  # what is mapped can't be removed there
        with pa.OSFile(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
    else:
        table = read_table(path)
    path.unlink()
    return table

"""A notebook is run, its kernel ends; how soon a new one shows all cards again."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.edit_contestants import ABOVE, BELOW, CHANGED, FILES, FIRST
from benchmarks.large_files import sales_folder
from benchmarks.notebooks import write_notebook
from benchmarks.processes import NotMeasuredError, call_in_process, interleaved, peak_memory_mb, timed_command
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["restart", "time_cards"]

NODES = {
    **ABOVE,
    FIRST: CHANGED.format(least=1_000),
    **BELOW,
    **{f"in_region_{n}": f"SELECT month, sales, net FROM by_region WHERE region = 'region {n}'" for n in range(10)},
}
TARGET_S = 1.0


def restart(scale: Scale) -> Iterator[Row]:
    """Measure fresh kernels after one run of thirty nodes in the shell."""
    folder = Path(sales_folder(scale))
    file = write_notebook(folder / "restart" / "restart.ipynb", _cells(folder))
    shutil.rmtree(file.parent / ".odibi", ignore_errors=True)
    run_s, _ = timed_command([sys.executable, "-m", "odibi_nb.commands.shell", "run", str(file)])
    kernel = partial(call_in_process, "benchmarks.restart:time_cards", file=str(file))
    rounds = [results["kernel"] for results in interleaved({"kernel": kernel}, scale.repetitions, warm_up=scale.judged)]
    if empty := rounds[-1]["empty"]:
        raise NotMeasuredError(
            f"{len(empty)} of {rounds[-1]['nodes']} cards have no fresh rows after a restart, the first {empty[0]}"
        )
    title = f"{rounds[-1]['nodes']} nodes on {scale.rows:,} rows, restarted"
    seconds, cpu, peaks = (tuple(one[key] for one in rounds) for key in ("cards_s", "cpu_s", "peak_mb"))
    note = f"CPU time {statistics.median(cpu):.3g} s; the run took {run_s:.1f} s"
    yield Row(f"{title}: all cards", "s", seconds, target=scale.target(TARGET_S), note=note)
    yield Row(f"{title}: peak memory", "MB", peaks)


def time_cards(file: str) -> dict[str, Any]:
    """Let a shell load the extension, and then time how `%odibi use` declares the nodes and their cards are made."""
    from IPython.core.interactiveshell import InteractiveShell

    from benchmarks.interactive_cells import quietly
    from odibi_nb.pictures import node_html, node_text
    from odibi_nb.views.build import node_view

    os.chdir(Path(file).parent)  # where Jupyter starts a notebook's kernel
    shell = InteractiveShell.instance()
    quietly(shell, "%load_ext odibi_nb")
    workspace: Any = shell.odibi_nb_workspace  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "odibi-warm":  # what it imports is there before anybody has opened the notebook
            thread.join()
    start, start_cpu = time.perf_counter(), time.process_time()
    quietly(shell, f"%odibi use {Path(file).name}")
    views = [node_view(workspace, name) for name in workspace.nodes]
    cards = [node_text(view) + node_html(view) for view in views]
    told = {"cards_s": time.perf_counter() - start, "cpu_s": time.process_time() - start_cpu}
    fresh = [one.name for one in views if one.status in ("completed", "cached") and one.preview and one.preview.rows]
    empty = [view.name for view in views if view.name not in fresh]
    return told | {"nodes": len(cards), "empty": empty, "peak_mb": peak_memory_mb()}


def _cells(folder: Path) -> list[str]:
    project = f"%%odibi_project\nproject: sales\nconnections: {{data: {{type: local, base_path: '{folder}'}}}}"
    reads = [f"%odibi_node {name} --read data:{file}" for name, file in FILES.items()]
    nodes = [f"%%odibi_node {name}\n{text}" for name, text in NODES.items()]
    return ["%load_ext odibi_nb", project, *reads, *nodes]

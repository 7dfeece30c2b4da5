"""What the first second feels like: `%load_ext` in a fresh kernel, `odibi-nb --help` in a shell."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import NotMeasuredError, call_in_process, interleaved, timed_command
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["load_extension", "show_help", "time_first_cells"]

# Loading may put off what the first cell then pays for, so that cell is timed as well.
CELL = """
import time as _time
_start = _time.perf_counter()
get_ipython().run_line_magic("load_ext", "odibi_nb")
_loaded = _time.perf_counter()
assert "odibi_nb" in get_ipython().extension_manager.loaded
get_ipython().run_cell_magic("odibi_node", "one", "SELECT 1 AS one")
_seconds = [_loaded - _start, _time.perf_counter() - _loaded]
"""


def load_extension(scale: Scale) -> Iterator[Row]:
    """Measure the magic and the first node, in a kernel started for them."""
    kernels = {"kernel": lambda: call_in_process("benchmarks.startup:time_first_cells")}
    rounds = [results["kernel"] for results in interleaved(kernels, scale.repetitions, warm_up=scale.judged)]
    load, first = (tuple(results[key] for results in rounds) for key in ("load_s", "first_node_s"))
    yield Row("%load_ext odibi_nb in a fresh kernel", "s", load, target=scale.target(0.3))
    yield Row("the first %%odibi_node after it", "s", first, note="SELECT 1")


def show_help(scale: Scale) -> Iterator[Row]:
    """Measure the whole command, from its start to its end."""
    script = Path(sys.executable).with_name("odibi-nb")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "odibi_nb.commands.shell"]
    contestants = {"help": [*command, "--help"], "python": [sys.executable, "-c", "pass"]}
    runs = {name: lambda words=words: timed_command(words)[0] for name, words in contestants.items()}
    rounds = list(interleaved(runs, scale.repetitions, warm_up=scale.judged))
    bare = statistics.median(results["python"] for results in rounds)
    samples = tuple(results["help"] for results in rounds)
    yield Row("odibi-nb --help", "s", samples, target=scale.target(0.25), note=f"Python alone {bare:.3f}")


def time_first_cells() -> dict[str, float]:
    """Start a kernel, time `%load_ext odibi_nb` and a first node inside it, and stop it."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()
    try:
        reply = client.execute(CELL, user_expressions={"seconds": "_seconds"}, reply=True, timeout=60)["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["status"] != "ok":
        raise NotMeasuredError(f"{reply['ename']}: {reply['evalue']}")
    load_s, first_node_s = json.loads(reply["user_expressions"]["seconds"]["data"]["text/plain"])
    return {"load_s": load_s, "first_node_s": first_node_s}

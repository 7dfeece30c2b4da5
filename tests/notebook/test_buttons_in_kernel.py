"""Buttons of a live graph in a real kernel, pressed on the threads on which front ends may ask."""

from __future__ import annotations

import queue
import time
from typing import Any

import ipykernel
import pytest

from tests.notebook.shells import LOAD, PROJECT, Kernel

SLOW = "%%odibi_node slow --no-run\ndef slow(load_sales):\n    import time\n    time.sleep({})\n    return load_sales"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def graph(kernel: Kernel) -> str:
    """What a page knows a graph by."""
    ran = kernel.ok("%load_ext odibi_nb", PROJECT, LOAD, SLOW.format(20), "%odibi graph")
    return str(ran.bundles[-1][WIDGET]["model_id"])


@pytest.fixture(scope="module")
def subshell(kernel: Kernel) -> str:
    """A thread of the kernel beside that of its cells; JupyterLab asks on one."""
    if int(ipykernel.__version__.partition(".")[0]) < 7:
        pytest.skip("needs ipykernel 7")
    client = kernel.client
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    return str(client.get_control_msg(timeout=60)["content"]["subshell_id"])


def press(kernel: Kernel, graph: str, subshell: str, what: str) -> None:
    """Ask what a page asks when a button of the node `slow` is pressed."""
    content = {"id": what, "what": what, "node": "slow"}
    message = kernel.client.session.msg(
        "comm_msg", {"comm_id": graph, "data": {"method": "custom", "content": content}}
    )
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)


def told(kernel: Kernel, what: str, timeout_s: float = 60) -> Any:
    """Return the first of what the graph says of `what`: an answer by its id, or how a run is: its status."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            data = kernel.client.get_iopub_msg(timeout=1)["content"].get("data", {})
        except queue.Empty:
            continue
        answer, state = data.get("content", {}), data.get("state", {})
        if answer.get("id") == what and "working" not in answer:
            return answer
        if state.get("states", {}).get("slow", {}).get("status") == what:
            return state
    raise TimeoutError(f"it said nothing of {what}")


def test_every_run_of_a_button_can_be_cancelled(kernel: Kernel, graph: str, subshell: str) -> None:
    for _ in range(3):  # after an answer from one thread, ipykernel takes the next question to that one
        press(kernel, graph, subshell, "run")
        told(kernel, "running")
        time.sleep(0.3)  # until it sleeps
        press(kernel, graph, subshell, "cancel")
        assert "■ cancelled" in told(kernel, "run")["html"]


def test_a_cell_waits_for_a_button_s_run_and_then_runs(kernel: Kernel, graph: str, subshell: str) -> None:
    kernel.ok(SLOW.format(1))
    press(kernel, graph, subshell, "plan")
    told(kernel, "plan")
    press(kernel, graph, subshell, "run")
    told(kernel, "running")
    assert "by the cell" in kernel.ok("%odibi run --force slow\nprint('by the cell')").text

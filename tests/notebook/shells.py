"""A real IPython shell in this process, and a real kernel in another one, both driven by cells."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from jupyter_client.manager import KernelManager

PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}\nvars: {min_amount: 100}"
LOAD = "%%odibi_node load_sales --read local:sales.csv"
CLEAN = (
    "%%odibi_node clean_sales\ndef clean_sales(load_sales, min_amount):\n"
    "    return load_sales[load_sales.amount >= min_amount]"
)
BY_REGION = (
    "%%odibi_node by_region --write local:by_region.parquet\n"
    "SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region ORDER BY region"
)


@dataclass
class Ran:
    """What a cell has shown; error: what it raised; traceback: as the front end gets it."""

    text: str = ""
    html: str = ""
    svg: str = ""
    error: BaseException | None = None
    error_name: str = ""
    traceback: str = ""
    bundles: list[dict[str, Any]] = field(default_factory=list)

    def add(self, bundle: dict[str, Any]) -> None:
        self.bundles.append(bundle)
        self.text += bundle.get("text/plain", "") + "\n"
        self.html += bundle.get("text/html", "")
        self.svg += bundle.get("image/svg+xml", "")


class Notebook:
    """Cells in an InteractiveShell of this process."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    @property
    def ws(self) -> Any:
        return self.shell.odibi_nb_workspace

    def run(self, cell: str, *, cell_id: str | None = None) -> Ran:
        """Run a cell; what it raises is in the result."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell, store_history=True, cell_id=cell_id)
        ran = Ran(text=captured.stdout, error=result.error_in_exec or result.error_before_exec)
        for output in captured.outputs:
            ran.add(output.data)
        return ran

    def ok(self, *cells: str) -> Ran:
        """Run cells that must not raise; return what the last one shows."""
        for cell in cells:
            ran = self.run(cell)
            assert ran.error is None, ran.error
        return ran

    def fails(self, cell: str) -> Any:
        """Run a cell that must raise; return the error."""
        ran = self.run(cell)
        assert ran.error is not None, ran.text
        return ran.error


class Kernel:
    """Cells in a real ipykernel."""

    def __init__(self, folder: str, env: dict[str, str]) -> None:
        self.folder = Path(folder)
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=folder, env=env)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def send(self, cell: str, *, asks: bool = True, **metadata: Any) -> str:
        """Start a cell, with what a front end says of it; asks: somebody is there to answer an `input()`."""
        content = {
            "code": cell,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": asks,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def told(self, until: Callable[[dict[str, Any]], bool], timeout_s: float = 60) -> list[dict[str, Any]]:
        """Return what the kernel publishes, whatever it belongs to, up to a message that is looked for."""
        messages, deadline = list[dict[str, Any]](), time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                messages.append(self.client.get_iopub_msg(timeout=1))
            except queue.Empty:
                continue
            if until(messages[-1]):
                return messages
        raise TimeoutError(f"it was never told; the last of {len(messages)} messages: {messages[-1:]}")

    def begun(self, message_id: str) -> None:
        """Wait until the kernel has begun with a cell."""
        self.told(lambda message: message["msg_type"] == "execute_input" and belongs_to(message, message_id))

    def wait(self, message_id: str, timeout_s: float = 60) -> Ran:
        """Return what a cell has shown by its end; what was shown in the place of something else stands there."""
        ran, shown = Ran(), dict[str, str | dict[str, Any]]()
        for message in self.told(lambda message: is_idle(message, message_id), timeout_s):
            content = message["content"]
            if not belongs_to(message, message_id):
                continue
            match message["msg_type"]:
                case "stream":
                    shown[str(len(shown))] = content["text"]
                case "display_data" | "update_display_data" | "execute_result":
                    place = content.get("transient", {}).get("display_id")
                    shown[place or str(len(shown))] = content["data"]
                case "error":
                    ran.error_name, ran.traceback = content["ename"], "\n".join(content["traceback"])
        for one in shown.values():
            if isinstance(one, str):
                ran.text += one
            else:
                ran.add(one)
        return ran

    def complete(self, cell: str, cursor: int) -> dict[str, Any]:
        """Return what the kernel completes a cell with."""
        reply: dict[str, Any] = self.client.complete(cell, cursor, reply=True, timeout=60)["content"]
        return reply

    def run(self, cell: str, **metadata: Any) -> Ran:
        return self.wait(self.send(cell, **metadata))

    def ok(self, *cells: str) -> Ran:
        for cell in cells:
            ran = self.run(cell)
            assert not ran.error_name, ran.traceback
        return ran


def belongs_to(message: dict[str, Any], message_id: str) -> bool:
    return message["parent_header"].get("msg_id") == message_id


def is_idle(message: dict[str, Any], message_id: str) -> bool:
    """Whether a message says that a cell has ended."""
    is_status = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
    return is_status and belongs_to(message, message_id)

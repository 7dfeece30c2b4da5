"""A run in the output of a cell: nothing of it in a quick one, live in a slow one, the report of always at its end."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from odibi_nb.notebook.run_output import RunOutput
from odibi_nb.runner import Event, NodeStarted
from tests.notebook.conftest import ROOT, _fill
from tests.notebook.shells import Kernel, Notebook, belongs_to, is_idle

WIDGET = "application/vnd.jupyter.widget-view+json"
SLOW_FRAME = "%%odibi_node slow --no-run\nimport time, pandas as pd\ntime.sleep(0.6)\npd.DataFrame({'x': [1]})"
UNTIL_SEEN = (
    "import pathlib, time, pandas as pd\nfor _ in range(1500):\n    if pathlib.Path('seen').exists():\n        break\n"
    "    time.sleep(0.02)\n"
)
SEEN_FRAME = f"%%odibi_node slow --no-run\n{UNTIL_SEEN}pd.DataFrame({{'x': [1]}})"
LONG = "%%odibi_node long --no-run\nimport time\nfor _ in range(600):\n    time.sleep(0.1)\n1"


@pytest.fixture
def loaded(kernel: Kernel) -> Kernel:
    kernel.ok("%load_ext odibi_nb", "%odibi reset")
    return kernel


def messages(
    kernel: Kernel, cell: str, *, once_seen: Callable[[], object] | None = None, **metadata: Any
) -> list[tuple[str, dict[str, Any]]]:
    """Return what a cell sends to the front end.

    once_seen: what is done when its run is shown live; else `UNTIL_SEEN` ends then.
    """
    seen = kernel.folder / "seen"
    seen.unlink(missing_ok=True)
    message = kernel.send(cell, **metadata)

    def hears(sent: dict[str, Any]) -> bool:
        if sent["msg_type"] == "display_data" and WIDGET in sent["content"]["data"]:
            (once_seen or seen.touch)()
        return is_idle(sent, message)

    sent = [one for one in kernel.told(hears) if belongs_to(one, message)]
    return [(one["msg_type"], one["content"]) for one in sent if one["msg_type"] not in ("status", "execute_input")]


def kinds(found: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [kind for kind, _ in found]


def test_a_slow_run_is_shown_live_and_becomes_its_report(loaded: Kernel) -> None:
    loaded.ok(SEEN_FRAME)
    found = messages(loaded, "%odibi run", cellId="one")
    assert kinds(found)[:3] == ["comm_open", "comm_open", "display_data"]
    assert kinds(found)[-3:] == ["update_display_data", "comm_close", "comm_close"]
    shown, report = dict(found)["display_data"], dict(found)["update_display_data"]
    assert {WIDGET, "text/plain", "text/html"} == shown["data"].keys()
    assert "0 of 1 node" in shown["data"]["text/plain"]
    assert shown["transient"] == report["transient"]
    assert report["data"].keys() == {"text/plain", "text/html"}
    assert "1 node: 1 completed" in report["data"]["text/plain"]


def test_a_nodes_cell_becomes_its_card(loaded: Kernel) -> None:
    found = messages(loaded, SEEN_FRAME.replace(" --no-run", ""), cellId="one")
    assert "slow · ✓ completed · 1 row" in dict(found)["update_display_data"]["data"]["text/plain"]


def test_a_nodes_cell_on_mocks_and_a_query_are_shown_too(loaded: Kernel) -> None:
    loaded.ok(SEEN_FRAME, "%%odibi_mock below --input slow\nx\n1")
    found = messages(loaded, f"%%odibi_node below --mock\n{UNTIL_SEEN}slow", cellId="one")
    assert "MOCK" in dict(found)["update_display_data"]["data"]["text/plain"]
    found = messages(loaded, "%%odibi_sql\nFROM slow", cellId="two")
    assert "x" in dict(found)["update_display_data"]["data"]["text/plain"]


def test_a_quick_run_shows_only_its_end(loaded: Kernel) -> None:
    # However slow the machine is, this is quick.
    loaded.ok("import odibi_nb.notebook.run_output as module\nbefore, module._UNSEEN_S = module._UNSEEN_S, 600")
    loaded.ok("%%odibi_node quick --no-run\nSELECT 1 AS x")
    for _ in range(2):
        assert kinds(messages(loaded, "%odibi run", cellId="one")) == ["display_data"]
    loaded.ok("module._UNSEEN_S = before")


def test_who_says_of_no_cell_gets_one_plain_output(loaded: Kernel) -> None:
    loaded.ok(SLOW_FRAME)
    ((kind, content),) = messages(loaded, "%odibi run")
    assert (kind, content["transient"]) == ("display_data", {})
    assert content["data"].keys() == {"text/plain", "text/html"}


def test_a_captured_output_is_the_report_alone(loaded: Kernel) -> None:
    loaded.ok(SLOW_FRAME)
    assert messages(loaded, "%%capture seen\n%odibi run", cellId="one") == []
    assert loaded.ok("print([sorted(one.data) for one in seen.outputs])").text == "[['text/html', 'text/plain']]\n"


def test_nothing_live_is_left_by_those_who_run_whole_files(tmp_path: Path) -> None:
    cells = ["%load_ext odibi_nb", SLOW_FRAME, "%odibi run"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    resources = {"metadata": {"path": str(_fill(tmp_path))}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute(
        env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / ".ipython")}
    )
    (output,) = notebook.cells[2].outputs
    assert output.data.keys() == {"text/plain", "text/html"}
    assert "widgets" not in notebook.metadata


def test_an_interrupt_leaves_a_report_that_says_cancelled(loaded: Kernel) -> None:
    loaded.ok(LONG)
    interrupt = loaded.manager.interrupt_kernel
    found = messages(loaded, "%odibi run", once_seen=interrupt, cellId="one")
    assert "■ cancelled" in dict(found)["update_display_data"]["data"]["text/plain"]
    assert dict(found)["error"]["evalue"] == "interrupted: 1 node cancelled"
    found = messages(loaded, LONG.replace(" --no-run", ""), once_seen=interrupt, cellId="two")
    assert "■ cancelled · 1 of 1 node" in dict(found)["update_display_data"]["data"]["text/plain"]
    assert dict(found)["error"]["evalue"] == "interrupted: 1 node cancelled"


def asked(output: RunOutput) -> None:
    """Ask for what the button asks for, as a message on another thread does."""
    output._answer({"what": "cancel", "id": "q1"})


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_a_message_on_another_thread_cancels(nb: Notebook) -> None:
    nb.ok(LONG)
    output = RunOutput(nb.ws, live=True)

    def ask(event: Event) -> None:
        if isinstance(event, NodeStarted):
            threading.Timer(0.2, asked, (output,)).start()

    with pytest.raises(KeyboardInterrupt), output:
        nb.ws.run_cell("long", listeners=[*output.listeners, ask])


def test_a_message_that_comes_too_late_does_nothing(nb: Notebook) -> None:
    nb.ok("%%odibi_node quick --no-run\nSELECT 1 AS x")
    output = RunOutput(nb.ws, live=True)
    with output:
        nb.ws.run_cell("quick", listeners=output.listeners)
        asked(output)
    asked(output)
    time.sleep(0.1)  # a signal would end this


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_terminal_it_is_the_shells_line(nb: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    nb.ok(SLOW_FRAME)
    monkeypatch.setattr(sys, "stderr", Terminal())
    output = RunOutput(nb.ws, live=False)
    with output:
        nb.ws.run_cell("slow", listeners=output.listeners)
    assert "0/1 · running" in sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert sys.stderr.getvalue().endswith("\x1b[2K")  # type: ignore[attr-defined]


def test_where_there_is_no_terminal_nothing_follows(nb: Notebook) -> None:
    assert RunOutput(nb.ws, live=False).listeners == ()

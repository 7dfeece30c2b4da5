"""Inputs for parameters in a real kernel, moved as a page moves them."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from queue import Empty
from typing import Any

import pytest

from tests.notebook.shells import BY_REGION, LOAD, PROJECT, Kernel

LOUD = """%%odibi_node clean_sales
def clean_sales(load_sales, min_amount):
    import warnings
    from IPython.display import display
    print("printed")
    warnings.warn("warned")
    display("displayed")
    return load_sales[load_sales.amount >= min_amount]"""
SLOW = """def slow(load_sales, wait=0):
    import pathlib, time
    while wait and not pathlib.Path("over").exists():
        pathlib.Path("waits").touch()
        time.sleep(0.05)
    return load_sales"""
LOOK = """
import odibi_nb as o, ipywidgets
def made(kind):
    return [one for one in ipywidgets.widgets.widget._instances.values() if type(one).__name__ == kind][-1]
"""


@pytest.fixture(scope="module")
def loaded(kernel: Kernel) -> Kernel:
    kernel.ok("%load_ext odibi_nb", PROJECT, LOAD, LOUD, BY_REGION, "%odibi params --ui", LOOK)
    return kernel


@pytest.fixture(scope="module")
def slider(loaded: Kernel) -> str:
    """What a page knows the slider by."""
    return loaded.ok("print(made('IntSlider').model_id)").text.strip()


def move(kernel: Kernel, slider: str, value: int) -> None:
    """Say what a page says when a slider is moved."""
    data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    message = kernel.client.session.msg("comm_msg", {"comm_id": slider, "data": data})
    kernel.client.shell_channel.send(message)


def rest(kernel: Kernel) -> list[dict[str, Any]]:
    """Return what the kernel still publishes without being asked, until it is silent."""
    messages = []
    with suppress(Empty):
        while True:
            messages.append(kernel.client.get_iopub_msg(timeout=0.5))
    return messages


def changed(message: dict[str, Any], what: str) -> Any:
    """Return what a message says that a trait of a widget is now; None where it says nothing of it."""
    content = message["content"] if message["msg_type"] == "comm_msg" else {}
    return content.get("data", {}).get("state", {}).get(what)


def shows_200_alone(message: dict[str, Any]) -> bool:
    """Whether a message has the card of the larger region alone."""
    card = (changed(message, "cards") or {}).get("by_region", "")
    return "200" in card and "150" not in card


def test_a_table_comes_with_the_inputs_for_those_without_widgets(loaded: Kernel) -> None:
    table, inputs = loaded.ok("%odibi params --ui +by_region").bundles
    assert 'data-odibi-twin="' in table["text/html"]
    assert "min_amount" in table["text/plain"]
    assert list(inputs) == ["application/vnd.jupyter.widget-view+json"]


def test_a_move_shows_a_new_card_and_nothing_in_any_cell(loaded: Kernel, slider: str) -> None:
    rest(loaded)
    move(loaded, slider, 180)
    messages = [*loaded.told(shows_200_alone), *rest(loaded)]
    assert {message["msg_type"] for message in messages} <= {"comm_msg", "status"}
    card = loaded.ok("%odibi show clean_sales").text
    assert all(word in card for word in ("printed", "warned", "displayed"))
    status = loaded.ok("%odibi status").text
    assert re.search(r"by_region .* completed", status)
    assert "written" not in loaded.ok("%odibi show by_region").text


def test_a_cell_sent_right_after_a_move_sees_the_value(loaded: Kernel, slider: str) -> None:
    move(loaded, slider, 60)
    assert loaded.ok("print(o.workspace().params)").text.strip() == "{'min_amount': 60}"


def test_a_cell_that_runs_is_waited_for_and_then_it_goes_on(loaded: Kernel, slider: str) -> None:
    cell = loaded.send("import time\ntime.sleep(0.5)\nprint(o.workspace().params)")
    time.sleep(0.2)
    move(loaded, slider, 170)
    assert "170" not in loaded.wait(cell).text
    loaded.told(shows_200_alone)
    assert "200" in loaded.ok("print(made('OutcomeWidget').cards['by_region'])").text


def test_an_interrupt_ends_the_waiting_for_an_input_s_node(loaded: Kernel) -> None:
    loaded.ok(f"%%odibi_node slow\n{SLOW}", "%odibi params --ui slow")
    move(loaded, loaded.ok("print(made('IntSlider').model_id)").text.strip(), 4)
    while not (loaded.folder / "waits").exists():
        assert loaded.manager.is_alive()
        time.sleep(0.02)
    cell = loaded.send("print('it ran')")
    loaded.begun(cell)
    time.sleep(0.5)  # until it waits
    loaded.manager.interrupt_kernel()
    ran = loaded.wait(cell)
    (loaded.folder / "over").touch()
    assert (ran.text.splitlines()[-1], ran.error_name) == ("it ran", "")
    assert ran.text.startswith("interrupted: what the inputs compute is still finishing")
    assert "'wait': 4" in loaded.ok("print(o.workspace().params)").text

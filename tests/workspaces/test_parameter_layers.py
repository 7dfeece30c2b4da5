"""Parameters in layers."""

from __future__ import annotations

from odibi_nb.workspaces.parameters import Parameters


def test_later_layers_win_in_the_order_of_the_contract() -> None:
    params = Parameters()
    params.replace("session", {"x": "session"})
    params.replace("papermill", {"x": "papermill", "y": "papermill"})
    params.replace("vars", {"x": "vars", "y": "vars", "z": "vars"})
    assert dict(params) == {"x": "session", "y": "papermill", "z": "vars"}
    with params.for_run({"z": "run"}):
        assert params["z"] == "run"
    assert params["z"] == "vars"


def test_clear_empties_every_layer() -> None:
    params = Parameters()
    params.update("session", {"x": 1})
    params.clear()
    assert dict(params) == {}

"""Real rows as mock rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import UnknownNameError, UsageError
from odibi_nb.project_file import parse_yaml
from odibi_nb.workspaces.capturing import CaptureRequest

JOINED = "SELECT o.amount, c.name FROM orders o JOIN customers c ON o.customer_id = c.id"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """A thousand orders of a hundred customers, in an order of their own."""
    (tmp_path / "sales.csv").write_text("region,amount\nN,50\nS,200\n")
    workspace = Workspace(tmp_path)
    local = {"type": "local", "base_path": "."}
    workspace.configure(ProjectConfig.model_validate({"connections": {"local": local}}))
    workspace.node("load_sales", read={"connection": "local", "path": "sales.csv"})
    workspace.node("orders", "SELECT i AS no, (i * 37) % 100 AS customer_id, i AS amount FROM range(1000) t(i)")
    workspace.node("customers", "SELECT i AS id, 'Name ' || i AS name FROM range(100) t(i)")
    workspace.node("joined", JOINED)
    yield workspace
    workspace.close()


def captured(ws: Workspace, name: str, **options: Any) -> dict[str, list[dict[str, Any]]]:
    text = ws.trials.capture(CaptureRequest(name, **options))
    line, _, rows = text.partition("\n")
    assert line == f"%%odibi_mock {name}"
    found: dict[str, list[dict[str, Any]]] = parse_yaml(rows).data
    return found


def test_rows_of_the_others_match_those_of_the_first(ws: Workspace) -> None:
    ws.run("orders", "customers")
    rows = captured(ws, "joined", rows=3)
    assert [row["customer_id"] for row in rows["orders"]] == [0, 37, 74]
    assert [row["id"] for row in rows["customers"]] == [0, 37, 74]


def test_a_captured_cell_runs_as_the_real_rows_did(ws: Workspace) -> None:
    ws.run("joined")
    ws.mock("joined", captured(ws, "joined", rows=4))
    ws.trials.try_node("joined")
    real = {tuple(row.values()) for row in ws["joined"].arrow().to_pylist()}
    mocked = {tuple(row.values()) for row in ws.trials["joined"].arrow().to_pylist()}
    assert len(mocked) == 4
    assert mocked <= real


def test_a_condition_may_be_about_any_input(ws: Workspace) -> None:
    ws.run("orders", "customers")
    rows = captured(ws, "joined", rows=2, where="name = 'Name 7'")
    assert [row["id"] for row in rows["customers"]] == [7]
    assert {row["customer_id"] for row in rows["orders"]} == {7}
    assert len(rows["orders"]) == 2


def test_every_key_has_a_row_before_any_has_two(ws: Workspace) -> None:
    ws.node("turned", "SELECT * FROM customers c JOIN orders o ON c.id = o.customer_id")
    ws.run("orders", "customers")
    rows = captured(ws, "turned", rows=5)
    assert sorted(row["customer_id"] for row in rows["orders"]) == [0, 1, 2, 3, 4]


def test_columns_of_one_name_join_inputs_of_python_nodes(ws: Workspace) -> None:
    ws.node("named", "SELECT i AS customer_id, i AS amount FROM range(99, -1, -1) t(i)")
    ws.node("merged", "def merged(orders, named):\n    return orders.merge(named, on='customer_id')")
    ws.run("orders", "named")
    rows = captured(ws, "merged", rows=3)
    assert sorted(row["customer_id"] for row in rows["named"]) == [0, 37, 74]  # amount is no key, and doesn't match


def test_keys_of_different_types_match_too(ws: Workspace) -> None:
    ws.node("texts", "SELECT CAST(id AS VARCHAR) AS id FROM customers")
    ws.node("mixed", "SELECT * FROM orders o JOIN texts t ON o.customer_id = t.id")
    ws.run("orders", "texts")
    assert [row["id"] for row in captured(ws, "mixed", rows=2)["texts"]] == ["0", "37"]


def test_inputs_without_matches_give_their_first_rows_and_say_so(ws: Workspace) -> None:
    ws.node("others", "SELECT i + 5000 AS id FROM range(9) t(i)")
    ws.node("apart", "SELECT * FROM orders o LEFT JOIN others c ON o.customer_id = c.id, load_sales")
    ws.run("orders", "others", "load_sales")
    text = ws.trials.capture(CaptureRequest("apart", rows=1))
    assert "# no row of others matches the others': these are its first ones" in text
    assert "- {id: 5000}" in text


def test_sources_are_read_and_mocked_under_the_nodes_own_name(ws: Workspace) -> None:
    assert captured(ws, "load_sales", rows=1) == {"load_sales": [{"region": "N", "amount": 50}]}


def test_masked_values_differ_and_still_join(ws: Workspace) -> None:
    ws.node("orders", "SELECT i AS no, i % 9 AS customer_id, i AS amount FROM range(9) t(i)", sensitive=["customer_id"])
    ws.run("orders", "customers")
    rows = captured(ws, "joined", mask=["name"])
    ids = [row["id"] for row in rows["customers"]]
    assert ids == [row["customer_id"] for row in rows["orders"]]
    assert not set(ids) & set(range(100))
    assert all(row["name"].startswith("masked_") for row in rows["customers"])
    assert rows == captured(ws, "joined", mask=["name"])
    assert "# masked: customer_id, id, name" in ws.trials.capture(CaptureRequest("joined", mask=["name"]))


def test_a_mask_is_another_one_in_another_workspace(ws: Workspace, tmp_path: Path) -> None:
    rows = captured(ws, "load_sales", mask=["region"])
    other = Workspace(tmp_path)
    other.node("load_sales", "SELECT * FROM given")
    other.node("given", "SELECT 'N' AS region")
    other.run("given")
    assert captured(other, "load_sales", mask=["region"])["given"][0]["region"] != rows["load_sales"][0]["region"]
    other.close()


def test_what_is_sensitive_above_is_masked_below(ws: Workspace) -> None:
    ws.node("customers", "SELECT i AS id, 'Name ' || i AS name FROM range(100) t(i)", sensitive=["name"])
    ws.node("renamed", "SELECT * FROM customers")
    ws.node("below", "SELECT * FROM renamed")
    ws.run("renamed")
    assert captured(ws, "below", rows=1)["renamed"][0]["name"].startswith("masked_")


def test_a_stale_input_is_said(ws: Workspace) -> None:
    ws.run("customers")
    ws.node("customers", "SELECT 7 AS id, 'x' AS name")
    ws.node("names", "SELECT name FROM customers")
    assert "# customers is stale: these are its last rows" in ws.trials.capture(CaptureRequest("names"))


@pytest.mark.parametrize(
    ("options", "kind", "message", "hint"),
    [
        ({"node": "joined"}, UnknownNameError, "'orders' has no rows to capture", "run it: %odibi run +orders"),
        ({"node": "far"}, UnknownNameError, "'oders' is not declared yet", "did you mean 'orders'?"),
        ({"node": "jioned"}, UnknownNameError, "there is no node 'jioned'", "did you mean 'joined'?"),
        ({"node": "orders"}, UsageError, "node 'orders' has no inputs to capture", None),
        ({"node": "load_sales", "mask": ["regoin"]}, UsageError, "--mask: no input has a column 'regoin'", "'region'"),
        ({"node": "load_sales", "where": "amont > 1"}, UsageError, '--where: Referenced column "amont"', "'amount'"),
        ({"node": "load_sales", "where": "amount >"}, UsageError, "--where: syntax error", None),
    ],
)
def test_a_mistake_is_one_error(ws: Workspace, options: Any, kind: Any, message: str, hint: str | None) -> None:
    ws.node("far", "SELECT * FROM oders")
    with pytest.raises(kind) as caught:
        ws.trials.capture(CaptureRequest(**options))
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")

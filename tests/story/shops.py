"""A small shop: sales are loaded, cleaned, summed up and written, and one node may fail."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException

PROJECT: dict[str, Any] = {
    "project": "nightly sales",
    "connections": {"local": {"type": "local", "base_path": "data"}},
    "vars": {"least": 10, "api_token": "hunter2"},
}
TOTALS = "SELECT region, sum(amount) AS total FROM clean GROUP BY region ORDER BY region"


class Shop:
    """A workspace in a folder, and what its runs leave there."""

    def __init__(self, root: Path, **project: Any) -> None:
        self.root = root
        (root / "data").mkdir(exist_ok=True)
        rows = [f"{number},{'NSEW'[number % 4]},ann{number}@x.org,{number % 97}" for number in range(400)]
        (root / "data" / "sales.csv").write_text("\n".join(["id,region,email,amount", *rows]))
        self.ws = Workspace(root)
        self.ws.configure(ProjectConfig.model_validate({**PROJECT, **project}))
        self.ws.node("load", read={"connection": "local", "path": "sales.csv"}, sensitive=["email"])
        self.ws.node("clean", "SELECT * FROM load WHERE amount >= $least")
        self.total(TOTALS)

    def total(self, sql: str) -> None:
        self.ws.node("totals", sql, write={"connection": "local", "path": "totals.parquet"})

    def fail(self, code: str = "def score(clean):\n    return clean[clean.amounts > 3]\n") -> None:
        self.ws.node("score", code)
        self.ws.node("top", "SELECT * FROM score LIMIT 3")

    def run(self, *selectors: str, **how: Any) -> Path:
        """Run, whatever becomes of it; return the page of the story."""
        before = set(self.pages())
        with suppress(OdibiException):
            self.ws.run(*selectors, **how)
        (page,) = set(self.pages()) - before
        return page

    def pages(self) -> list[Path]:
        return sorted(path for path in self.root.glob(".odibi/stories/*.html") if path.name != "index.html")


def twin(page: Path) -> Any:
    return json.loads(page.with_suffix(".json").read_text("utf-8"))


def nodes(page: Path) -> dict[str, Any]:
    return {node["card"]["name"]: node for node in twin(page)["nodes"]}


def headings(html: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", html)

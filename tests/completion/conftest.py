from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from odibi_nb.completion import Known, Offers, complete
from odibi_nb.config import ProjectConfig
from odibi_nb.workspaces import Workspace

Complete = Callable[[str], Offers]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Nodes with and without results, in a folder with a few files."""
    root = tmp_path_factory.mktemp("completion")
    data = root / "data"
    (data / "archive").mkdir(parents=True)
    (data / "archive" / "old.parquet").touch()
    (data / ".hidden.csv").touch()
    (data / "my sales.csv").touch()
    (root / "sales.ipynb").touch()
    (data / "sales.csv").write_text("region,amount\nN,1\n")
    ws = Workspace(root)
    ws.configure(ProjectConfig(connections={"local": {"type": "local"}}, vars={"min_amount": 5}))
    ws.node("load_sales", read={"connection": "local", "path": "sales.csv"}, tags=["daily"])
    ws.node("by_region", "SELECT region, sum(amount) AS total FROM load_sales GROUP BY region")
    ws.node("odd", 'SELECT 1 AS "order", 2 AS "two words"')
    ws.run()
    ws.node("not_run", "SELECT l.region AS reg, l.amount * 2 AS twice FROM load_sales l WHERE amount > $min_amount")
    ws.node("waiting", "SELECT * FROM nowhere")
    ws.current_pipeline = "nightly"
    yield ws
    ws.close()


@pytest.fixture
def offered(workspace: Workspace) -> Complete:
    """Gives what is offered at the `|` of a cell."""

    def at(marked: str) -> Offers:
        before, _, after = marked.partition("|")
        return complete(before + after, len(before), Known(workspace))

    return at


@pytest.fixture
def texts(offered: Complete) -> Callable[[str], list[str]]:
    return lambda marked: [offer.text for offer in offered(marked).found]

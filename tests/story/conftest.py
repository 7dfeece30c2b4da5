from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.shops import Shop


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all previews in stories, also where they take long."""
    monkeypatch.setattr("odibi_nb.views.sampled._PATIENCE_S", 60.0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.ws.close()

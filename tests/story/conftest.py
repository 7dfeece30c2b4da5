from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.shops import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.ws.close()

"""What an export computes with is compared with the notebook's: what would be another value is refused, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exporting.notebooks import LOAD, PROJECT, exported
from tests.exporting.test_modules import module, refused

STEP = "%%odibi_node a\ndepends_on: [load_sales]\ntransform: {steps: [{function: st}]}"
ST = "from odibi_nb import transform\n@transform\ndef st(load_sales):\n    return load_sales.assign(k={}, z=A)"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["A = 0\nif __name__ == '__main__':\n    LIM = 5\nelse:\n    LIM = 6", ST.format("LIM"), STEP],
         "'LIM', which it uses, is 6, not 5"),
        (["A = 0", "L = []\ndef a():\n    return [L, __name__]\nif __name__ != '__main__':\n    L = [1]",
          "%%odibi_node a\ndef a_(x):\n    return a()\nload_sales.head(len(a_(1)[0]))"],
         "'L', which it uses, is [1], not []"),
        (["A = 0\nLIM = 1 if __name__ == '__main__' else 2", ST.format("LIM if A else st.__name__"), STEP], "'LIM'"),
    ],
)  # fmt: skip
def test_a_value_that_would_be_another_one_is_named(tmp_path: Path, cells: list[str], said: str) -> None:
    error = refused(tmp_path, *cells)
    assert said in error.message
    assert error.where.node == "a"
    assert error.where.cell is not None
    assert "two names" in (error.hint or "")


def test_what_functions_hold_is_compared_too(tmp_path: Path) -> None:
    kept = "import functools\ndef kept(f, n=1 if __name__ == '__main__' else 2):\n    @functools.wraps(f)\n"
    cell = kept + "    def g(d):\n        return f(d).head(n)\n    return g\n@kept\ndef some(d):\n    return d"
    error = refused(tmp_path, cell, "%%odibi_node a\ndef a(load_sales):\n    return some(load_sales)")
    assert "'n', which it uses, is 2, not 1" in error.message


def test_helpers_that_call_functions_of_modules_are_the_same(tmp_path: Path) -> None:
    plain = "import numpy as np\nimport pandas as pd\nimport functools\n"
    two = "def two(d):\n    return pd.concat([d, d]).assign(k=np.sqrt(d.amount))\n"
    kept = "def kept(f):\n    @functools.wraps(f)\n    def g(d):\n        return f(d)\n    return g\n@kept\n" + two
    assert "@kept\ndef two" in module(
        tmp_path, plain + kept, "%%odibi_node a\ndef a(load_sales):\n    return two(load_sales)"
    )


def test_what_only_its_identity_tells_is_noted_and_the_rest_compared(tmp_path: Path) -> None:
    lock = "import threading\nLOCK = threading.Lock()\nLIM = 2 if __name__ == '__main__' else {}\n"
    cell = "def held(d):\n    with LOCK:\n        return d.head(LIM)"
    node = "%%odibi_node a\ndef a(load_sales):\n    return held(load_sales)"
    done = exported(tmp_path, PROJECT, LOAD, lock.format(2) + cell, node)
    assert [note for note in done.notes if "'LOCK' is a _thread.lock, which can't be compared" in note]
    (tmp_path / "other").mkdir()
    assert "'LIM', which it uses, is 3, not 2" in refused(tmp_path / "other", lock.format(3) + cell, node).message

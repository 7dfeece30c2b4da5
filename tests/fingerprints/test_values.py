"""Digests of values: equal for equal ones in any process, another one whenever code or a constant is another."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
import importlib
import math
import re
import subprocess
import sys
import threading
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from odibi_nb.fingerprints import Value, Values
from odibi_nb.fingerprints.installed import is_installed


def look(value: Any) -> Value:
    return Values("here").look(value)


def defined(source: str, name: str = "f", **variables: Any) -> Any:
    namespace = {"__name__": "__main__", **variables}
    exec(source, namespace)
    return namespace[name]


SAME = [
    pytest.param(
        "def f(x):\n    return x + 1", "# note\n\ndef f(x):  # more\n    return (x\n            + 1)", id="layout"
    ),
    pytest.param("R = 1\ndef f(): return R", "def f(): return R\nR = 1", id="order of definition"),
    pytest.param("f = {'a': [1, (2, {3})]}", "f = {'a': [1, (2, {3})]}", id="containers"),
    pytest.param("f = lambda x: x in {1, 2, 3}", "f = lambda x: x in {3, 2, 1}", id="sets"),
    pytest.param("class f:\n    x = 1", "class f:\n\n    x = 1", id="classes"),
    pytest.param("def f(): return g()\ndef g(): return f()", "def f(): return g()\ndef g(): return f()", id="circles"),
]
OTHER = [
    pytest.param("def f(x): return x + 1", "def f(x): return x + 2", id="constant"),
    pytest.param("def f(x): return x.a", "def f(x): return x.b", id="name"),
    pytest.param("def f(x=1): return x", "def f(x=2): return x", id="default"),
    pytest.param("R = 1\ndef f(): return R", "R = 2\ndef f(): return R", id="global"),
    pytest.param(
        "R = 1\ndef g(): return R\ndef f(): return g()", "R = 2\ndef g(): return R\ndef f(): return g()", id="deep"
    ),
    pytest.param(
        "def m(n):\n    return lambda: n\nf = m(1)", "def m(n):\n    return lambda: n\nf = m(2)", id="closure"
    ),
    pytest.param("f = [1, 2]", "f = [2, 1]", id="order"),
    pytest.param("f = 1", "f = 1.0", id="type"),
    pytest.param("f = 1", "f = True", id="flag"),
    pytest.param("f = '1'", "f = b'1'", id="bytes"),
    pytest.param("class f:\n    def m(self): return 1", "class f:\n    def m(self): return 2", id="method"),
    pytest.param("class A: x = 1\nclass f(A): pass", "class A: x = 2\nclass f(A): pass", id="base"),
    pytest.param(
        "class A:\n    def __init__(self): self.x = 1\nf = A()",
        "class A:\n    def __init__(self): self.x = 2\nf = A()",
        id="state",
    ),
    pytest.param("def f(): pass\nf.k = 1", "def f(): pass\nf.k = 2", id="attribute of a function"),
    pytest.param("def f(x: int): pass", "def f(x: str): pass", id="annotation"),
    pytest.param(
        "def f():\n    try:\n        a(); b()\n    except KeyError:\n        c()",
        "def f():\n    try:\n        a()\n    except KeyError:\n        c()\n    else:\n        b()",
        id="what is guarded",
    ),
    pytest.param(
        "import functools, statistics\n@functools.wraps(statistics.mean)\ndef f(x): return 1",
        "import functools, statistics\n@functools.wraps(statistics.mean)\ndef f(x): return 2",
        id="wraps",
    ),
    pytest.param("def g(): return 1\ndef f(): return g()", "def g(): return 2\ndef f(): return g()", id="helper"),
    pytest.param(
        "import math\ndef f(x): return math.floor(x)", "import math\ndef f(x): return math.ceil(x)", id="attribute"
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_means_the_same_has_one_digest(one: str, other: str) -> None:
    assert look(defined(one)).digest == look(defined(other)).digest


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_means_something_else_has_another(one: str, other: str) -> None:
    assert look(defined(one)).digest != look(defined(other)).digest


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Text(str):
    """A text of a kind of its own."""


@dataclasses.dataclass
class Point:
    x: int
    tags: list[str]


KNOWN = [
    (lambda: None, lambda: 0),
    (lambda: dt.date(2026, 1, 2), lambda: dt.date(2026, 1, 3)),
    (lambda: Decimal("1.0"), lambda: Decimal("1.00")),
    (lambda: Path("a"), lambda: Path("b")),
    (lambda: re.compile("a"), lambda: re.compile("a", re.IGNORECASE)),
    (lambda: Colour.RED, lambda: Colour.BLUE),
    (lambda: Point(1, ["a"]), lambda: Point(1, ["b"])),
    (lambda: functools.partial(round, ndigits=1), lambda: functools.partial(round, ndigits=2)),
    (lambda: math, lambda: re),
    (lambda: math.sin, lambda: math.cos),
    (lambda: np.sqrt, lambda: np.exp),
    (lambda: np.arange(3), lambda: np.arange(3.0)),
    (lambda: np.float32(1), lambda: np.float64(1)),
    (lambda: pd.DataFrame({"a": [1, 2]}), lambda: pd.DataFrame({"a": [1, 3]})),
    (lambda: pd.DataFrame({"a": ["x", None]}), lambda: pd.DataFrame({"a": ["y", None]})),
    (lambda: pd.Series([1], index=pd.Index([1], name="k")), lambda: pd.Series([1], index=pd.Index([1], name="l"))),
    (lambda: pd.Series(pd.Categorical(["a"], ["a", "b"])), lambda: pd.Series(pd.Categorical(["a"], ["b", "a"]))),
    (lambda: {"a": 1}.get, lambda: {"a": 2}.get),
    (lambda: defaultdict(int), lambda: defaultdict(list)),
    (lambda: Text("a"), lambda: Text("b")),
    (lambda: pd.Series([1, 2]), lambda: pd.Series([1, 2], index=[1, 0])),
    (lambda: pd.Timestamp("2026-01-01"), lambda: pd.Timestamp("2026-01-02")),
    (lambda: pa.table({"a": [1]}), lambda: pa.table({"a": [2]})),
    (lambda: pa.array([1, 2, 3])[1:], lambda: pa.array([1, 2, 3])[:2]),
    (lambda: pa.schema({"a": pa.int64()}), lambda: pa.schema({"a": pa.int32()})),
    (lambda: pl.DataFrame({"a": [1]}), lambda: pl.DataFrame({"a": [2]})),
    (lambda: pd.DataFrame, lambda: pd.Series),
]


@pytest.mark.parametrize(("make", "make_other"), KNOWN)
def test_values_are_told_by_what_they_hold(make: Any, make_other: Any) -> None:
    assert look(make()).digest == look(make()).digest != look(make_other()).digest
    assert look(make()).unsure == ""


def test_what_cannot_be_told_is_known_by_identity_and_says_so() -> None:
    lock, other = threading.Lock(), threading.Lock()
    assert look(lock).digest == look(lock).digest != look(other).digest
    assert look(lock).unsure == "a _thread.lock"
    assert look([1, {"a": lock}]).unsure == "a _thread.lock"
    assert "DataFrame" in look(pd.DataFrame({"a": [[1], [2]]})).unsure
    assert "vectorize" in look(np.vectorize(lambda x: x)).unsure
    values = Values("here")
    assert (values.look(lock).unsure, values.look(lock).unsure) == ("a _thread.lock", "a _thread.lock")


def test_values_in_a_circle_and_nested_deeply_have_a_digest() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert look(circle).digest
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert look(deep).unsure == "a builtins.list"


def test_many_functions_that_call_each_other_take_no_time() -> None:
    names = [f"f{number}" for number in range(14)]
    source = "".join(f"def {name}(): return [{', '.join(f'{other}()' for other in names)}]\n" for name in names)
    assert look(defined(source, "f0")).digest == look(defined(source, "f0")).digest


def test_a_module_of_the_users_is_what_it_holds_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "rates_of_ours.py").write_text("RATE = 1\ndef double(x):\n    return 2 * x\n")
    import rates_of_ours  # type: ignore[import-not-found]

    before = look(rates_of_ours)
    (tmp_path / "rates_of_ours.py").write_text("edited, not reloaded")
    assert look(rates_of_ours).digest == before.digest
    rates_of_ours.RATE = 2
    assert look(rates_of_ours).digest != before.digest


def test_digests_are_equal_in_another_process() -> None:
    program = (
        "from odibi_nb.fingerprints import Values\n"
        "def f(x, kinds=frozenset({'a', 'b', 'c'})): return x in {'p', 'q', 'r'} or kinds\n"
        "f.__module__ = '__main__'\n"
        "print(Values('there').look({'f': f, 's': {'x', 'y', 'z'}}).digest)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout != ""


def test_what_is_shown_is_short() -> None:
    assert look(100).shown == "100"
    assert look(pd).shown == f"pandas {pd.__version__}"
    assert len(look(list(range(10_000))).shown) <= 41


@pytest.mark.parametrize("folder", ["home/.local/lib/python3/site-packages", "usr/lib/python3/dist-packages"])
def test_packages_are_installed_wherever_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    packages = tmp_path / folder
    packages.mkdir(parents=True)
    (packages / "some_package.py").write_text("X = 1\n")
    (tmp_path / "of_mine.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(packages)
    monkeypatch.syspath_prepend(tmp_path)
    assert is_installed(importlib.import_module("some_package"))
    assert not is_installed(importlib.import_module("of_mine"))


def test_this_package_is_known_by_its_version_also_where_it_is_worked_on() -> None:
    assert is_installed(sys.modules["odibi_nb"])
    assert is_installed(sys.modules["odibi_nb.fingerprints"])
    for name in ("some_package", "of_mine"):
        del sys.modules[name]

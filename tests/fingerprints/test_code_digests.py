"""Compiled code as a digest: what it does counts, not in which cell or file it stands."""

from __future__ import annotations

from types import CodeType

import pytest

from odibi_nb.fingerprints.code import code_digest

IMPORT = "import re\n"
CALLS = [
    "def f(v):\n    return re.sub('a', 'b', str(v))",
    "def f(v):\n    for one in v:\n        if re.match('a', one):\n            yield re.sub('a', 'b', one)",
    "def f(v):\n    try:\n        return re.sub('a', 'b', v)\n    except re.error:\n        return re.escape(v)",
    "def f(v):\n    with open(v) as file:\n        return [re.sub('a', 'b', one) for one in file]",
]


def digest(source: str) -> bytes:
    module = compile(source, "<test>", "exec", dont_inherit=True)
    return code_digest(next(code for code in module.co_consts if isinstance(code, CodeType)))


@pytest.mark.parametrize("source", CALLS)
def test_a_function_is_the_same_beside_its_imports_and_apart_from_them(source: str) -> None:
    assert digest(IMPORT + source) == digest("\n\n" + source)


@pytest.mark.parametrize("source", CALLS)
@pytest.mark.parametrize(("old", "new"), [("sub", "subn"), ("'a'", "'c'"), ("re.", "ra.")])
def test_what_does_something_else_is_another(source: str, old: str, new: str) -> None:
    changed = source.replace(old, new)
    assert (digest(changed) == digest(source)) == (changed == source)


def test_where_a_loop_or_a_handler_goes_on_counts() -> None:
    loop = "def f(v):\n    for one in v:\n        if one:\n            {}\n        print(one)\n"
    assert digest(loop.format("continue")) != digest(loop.format("break"))
    handler = "def f(v):\n    {}try:\n        {}g(v)\n    except ValueError:\n        pass\n"
    assert digest(handler.format("g(v)\n    ", "")) != digest(handler.format("", "g(v)\n        "))


def test_a_class_within_a_function_may_stand_on_another_line() -> None:
    text = "def f():\n    class A:\n        x = 500\n    return A\n"
    digests = {code_digest(compile("\n" * lines + text, "cell", "exec")) for lines in (0, 7)}
    assert len(digests) == 1

"""Free names, by Python's scope rules."""

import ast
import sys

import pytest

from odibi_nb.cells.names import AMBIENT, names_of

CASES = [
    ("a", "a"),
    ("a.b.c", "a"),
    ("a[b]", "a b"),
    ("x = a\nx", "a"),
    ("a = a + 1", "a"),
    ("x: T = a", "T a"),
    ("x: T\nx", "T x"),
    ("x += a", "x a"),
    ("x = 0\nx += a", "a"),
    ("(x, *y), z = a\nx, y, z", "a"),
    ("x = y = a\ny", "a"),
    ("d[k] = v", "v d k"),
    ("o.p = v", "v o"),
    ("f(*a, **b)", "f a b"),
    ("f(x=a)", "f a"),
    ("[x for x in a]", "a"),
    ("[x for x in x]", "x"),
    ("{x: y for x in a for y in b(x) if c}", "a b c"),
    ("{x for x in a}\nx", "a x"),
    ("list(x + n for x in a)", "list a n"),
    ("[y := f(x) for x in a]\ny", "a f"),
    ("if (y := a) > 1:\n    y", "a"),
    ("lambda x: x + y", "y"),
    ("lambda x=d, *p, k=e, **q: (x, p, k, q)", "d e"),
    ("f = lambda: later\nlater = 1", ""),
    ("later\nlater = 1", "later"),
    ("def f():\n    return later\nlater = 1\nf()", ""),
    ("def f(n):\n    return f(n - 1)", ""),
    ("def f(x):\n    y = x\n    return y + z", "z"),
    ("def f():\n    print(x)\n    x = 1", "print"),
    ("@d\ndef f(a: T = v, *b: U, c: W = w, **e: X) -> R:\n    pass", "d v w T W U X R"),
    ("def f():\n    def g():\n        return x + y\n    x = 1\n    return g", "y"),
    ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = x + a\n    return g", "a"),
    ("async def f():\n    async for x in a:\n        await x", "a"),
    ("class C(B, metaclass=M):\n    x = a\n    y = x", "B M a"),
    ("class C:\n    x = 1\n    def m(self):\n        return x", "x"),
    ("@d\nclass C:\n    def m(self):\n        return C", "d"),
    ("class C:\n    def m(self):\n        return __class__", ""),
    ("try:\n    a\nexcept E as e:\n    e", "a E"),
    ("try:\n    a\nexcept E as e:\n    pass\ne", "a E e"),
    (
        "match a:\n    case [x, *y]:\n        x, y\n    case {'k': z, **w}:\n        z, w\n    case P(q=v):\n        v",
        "a P",
    ),
    ("match a:\n    case mod.CONST:\n        pass\n    case other if other > b:\n        pass", "a mod b"),
    ("with a() as x, b(x) as (y, z):\n    x, y, z", "a b"),
    ("for x, y in a:\n    x\nelse:\n    y", "a"),
    ("for x in x:\n    pass", "x"),
    ("while a:\n    b = c", "a c"),
    ("f'{a!r:>{w}} {b}'", "a w b"),
    ("x = 1\ndel x\nx", "x"),
    ("del x", "x"),
    ("import a.b, c as d\na, d, c", "c"),
    ("from m import a, b as c\na, b, c", "b"),
    ("global g\ng = g + a", "a"),
    ("def f():\n    global g\n    g = 1\n    return g", ""),
    ("assert a, b", "a b"),
    ("raise a from b", "a b"),
    ("a if b else c", "b a c"),
    ("a[b:c]", "a b c"),
    ("async def f():\n    async with a as x:\n        return [y async for y in x]", "a"),
    ("'a'", ""),
]


@pytest.mark.parametrize(("code", "names"), CASES)
def test_names_taken_from_outside(code, names):
    assert sorted(name.name for name in names_of(ast.parse(code).body).reads) == sorted(names.split())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
@pytest.mark.parametrize(
    ("code", "names"),
    [("def f[T](x: T) -> U:\n    return x", "U"), ("class C[T](B[T]):\n    pass", "B"), ("type X[T] = D[T]\nX", "D")],
)
def test_type_parameters_belong_to_their_statement(code, names):
    assert [name.name for name in names_of(ast.parse(code).body).reads] == names.split()


def test_names_come_in_order_of_their_first_mention_with_its_line():
    reads = names_of(ast.parse("b\na = c(\n  b, d)\na").body).reads
    assert [(name.name, name.line) for name in reads] == [("b", 1), ("c", 2), ("d", 3)]


def test_a_global_name_is_used_but_not_read():
    names = names_of(ast.parse("def f():\n    global g\n    return g").body)
    assert (names.reads, names.uses, names.bound) == ((), {"g"}, {"f"})


def test_what_statements_bind():
    code = "import a.b\nx, (y, *z) = f()\ndef g(): q = 1\nclass C: r = 1\nfor i in x: pass\n[k for k in x]\nu: int"
    assert names_of(ast.parse(code).body).bound == {"a", "x", "y", "z", "g", "C", "i", "u"}


def test_builtins_and_what_a_notebook_always_has_are_ambient():
    assert {"print", "display", "get_ipython", "__name__"} <= AMBIENT

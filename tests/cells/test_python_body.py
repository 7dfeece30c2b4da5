"""Python bodies: read from source, compiled, run."""

import asyncio
import textwrap
import traceback

import pytest

from odibi_nb.cells.python_body import UNKNOWN, Parameter, bind_python, compile_python, read_python
from odibi_nb.exceptions import TransformError


def read(body, node="n", first_line=2):
    return read_python(textwrap.dedent(body).strip("\n"), node=node, first_line=first_line)


def bound(body, namespace=None, inputs=(), **rest):
    return bind_python(
        compile_python(read(body, **rest), filename="<cell 1>", inputs=inputs), {} if namespace is None else namespace
    )


def test_a_function_named_like_the_node_is_the_node():
    body = read("""
        from datetime import date
        def n(sales, *more, since=date(2024, 1, 1), low: float = 1.5, kind: "pa.Table" = None, **rest) -> "x":
            return sales
        """)
    assert (body.form, body.advice, body.is_async, body.reads) == ("function", None, False, ())
    assert body.parameters == (
        Parameter("sales", 3),
        Parameter("since", 3, True, UNKNOWN, made_by="date", code="date(2024, 1, 1)"),
        Parameter("low", 3, True, 1.5, "float"),
        Parameter("kind", 3, True, None, "pa.Table"),
    )


def test_a_function_of_another_name_is_code():
    body = read("def other(a):\n    return a\nother(sales)")
    assert (body.form, [name.name for name in body.reads]) == ("code", ["sales"])


def test_code_reads_its_free_names_without_builtins_and_display():
    body = read("print(len(sales))\ndisplay(sales)\njoined = sales.merge(shops)\njoined")
    assert [(name.name, name.line) for name in body.reads] == [("sales", 2), ("shops", 4)]
    assert body.uses == {"print", "len", "display", "sales", "shops"}


@pytest.mark.parametrize("body", ["x = a", "for x in a:\n    pass", "def f(): pass", "import x", ""])
def test_code_that_ends_in_no_expression_has_no_result(body):
    assert read(body).advice is not None
    assert bound(body, {"a": [], "x": 1}) is not None


def test_the_last_expression_is_the_result():
    assert bound("double = sales * 2\ndouble + extra", {"extra": 1}, ("sales",))(sales=20) == 41


def test_an_input_may_be_assigned_again():
    assert bound("sales = sales + 1\nsales", {}, ("sales",))(sales=1) == 2


def test_a_variable_of_the_notebook_may_be_taken_and_assigned():
    namespace = {"rate": 2}
    assert bound("rate = rate * 10\nrate", namespace)() == 20
    assert namespace["rate"] == 2


def test_a_name_that_is_assigned_late_in_a_loop_stays_unbound_before():
    function = bound(
        "for i in [1]:\n    try:\n        x = prev\n    except UnboundLocalError:\n        x = 'none'\n    prev = i\nx"
    )
    assert function() == "none"


def test_nothing_leaks_into_the_namespace():
    namespace = {"__builtins__": __builtins__}
    bound("import math\nhelper = 1\ndef n():\n    return math.pi", namespace)()
    bound("other = 2\nother", namespace, node="m")()
    assert set(namespace) == {"__builtins__"}


def test_a_function_sees_the_imports_beside_it_and_live_globals():
    namespace = {"offset": 1}
    function = bound("from datetime import date\ndef n(day=date(2024, 1, 1)):\n    return date, day, offset", namespace)
    namespace["offset"] = 2
    assert function()[2] == 2
    assert function.__name__ == function.__qualname__ == "n"


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("def n(k=5):\n    return 1 if k == 0 else k * n(k - 1)", 120),
        ("class A:\n    x = 1\n    def m(self):\n        return A.x\nA().m()", 1),
        ("def helper(v):\n    return v + 1\ndef n():\n    return helper(1)", 2),
        ("import functools\n@functools.cache\ndef n():\n    '''Doc.'''\n    return 7", 7),
        ("from __future__ import annotations\ndef n(a: Missing = 1):\n    return a", 1),
        ("from __future__ import annotations\nx: Missing = 3\nx", 3),
        ("[k + y for k in [1] for y in [2]]", [3]),
        ("(lambda: later)() if (later := 4) else 0", 4),
        ("'only a text'", "only a text"),
        ("x = 1; x + 1", 2),
    ],
)
def test_a_body_runs_as_it_would_in_a_cell(body, result):
    assert bound(body)() == result


def test_global_writes_to_the_notebook_on_request():
    namespace = {}
    bound("global seen\nseen = 5\nseen", namespace)()
    assert namespace["seen"] == 5


@pytest.mark.parametrize("body", ["await fetch()", "def n():\n    pass", "[x async for x in rows()]"])
def test_awaiting_at_the_top_makes_code_asynchronous(body):
    assert read(body).is_async == ("def n" not in body)


def test_asynchronous_bodies_give_coroutines():
    namespace = {"sleep": asyncio.sleep}
    assert asyncio.run(bound("await sleep(0)\n3", namespace)()) == 3
    assert asyncio.run(bound("async def n():\n    await sleep(0)\n    return 4", namespace)()) == 4


def test_a_traceback_points_at_the_line_of_the_cell():
    function = bound("x = 1\n\nboom = x / 0\nboom", first_line=4)
    with pytest.raises(ZeroDivisionError) as caught:
        function()
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.name) == ("<cell 1>", 6, "n")


@pytest.mark.parametrize(
    ("body", "line", "message", "hint"),
    [
        ("a\n%matplotlib inline", 3, "'%matplotlib inline' is IPython's", "a cell of its own"),
        ("!ls\na", 2, "'!ls' is IPython's", "a cell of its own"),
        ("a\nb?", 3, "'b?' is IPython's", "a cell of its own"),
        ("x = !ls\nx", 2, "is IPython's", "a cell of its own"),
        ("a\nb = (\nc =", 3, "never closed", None),
        ("a\nreturn a", 3, "'return' outside function", "leave `return` out"),
        ("for x in a:\n    yield x", 3, "'yield' outside function", "last expression"),
        ("def n():\n    pass\nawait f()", 4, "outside", None),
        ("from math import *\npi", 2, "from math import *", "name what you import"),
        ("if x:\n    from math import *\npi", 3, "from math import *", "name what you import"),
        ("def n(a, /):\n    return a", 2, "positional only", "remove the `/`"),
        ("tags: [x]\nSELECT 1", 3, "invalid syntax", "closed by a line `---`"),
        ("  a\nb", 2, "unexpected indent", None),
        ("a\x00", 2, "null bytes", None),
        pytest.param("a" + "+a" * 700, 2, "nested", None, id="nested 700 deep"),
        pytest.param("a" + "+a" * 9000, 2, "nested", None, id="nested 9000 deep"),
    ],
)
def test_what_cannot_be_a_body_is_an_error_at_its_line(body, line, message, hint):
    with pytest.raises(TransformError) as caught:
        read_python(body, node="n", first_line=2)
    error = caught.value
    assert message in error.message
    assert (error.where.node, error.where.line) == ("n", line)
    assert hint is None or hint in error.hint


def test_a_syntax_error_shows_source_line_and_column():
    with pytest.raises(TransformError) as caught:
        read("x = 1\ny = = 2")
    assert (caught.value.where.source, caught.value.where.column) == ("y = = 2", 5)

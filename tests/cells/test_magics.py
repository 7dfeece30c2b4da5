"""IPython's own syntax in cells."""

import pytest

from odibi_nb.cells.magics import CELL_MAGICS, CellMagic, SpecialLine, find_line_magics, find_magic, python_text


@pytest.mark.parametrize("name", CELL_MAGICS)
def test_a_cell_magic_is_found_with_its_line_and_body(name):
    assert find_magic(f"%%{name} a --b\nbody\n") == CellMagic(name, "a --b", "body\n")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("%%odibi_project", CellMagic("odibi_project", "", "")),
        ("\n  \n%%odibi_node n\nx", CellMagic("odibi_node", "n", "x", 3)),
        ("%%odibi_nod n\nx", CellMagic("odibi_nod", "n", "x")),
        ("# comment\n%%odibi_node n\nx", None),
        ("%%odibi_node?", None),
        ("%%time\n%%odibi_node n", None),
        ("%odibi run", None),
        ("x = 1\n%%odibi_node n", None),
        ("", None),
    ],
)
def test_a_cell_is_a_magic_where_ipython_takes_it_for_one(source, found):
    assert find_magic(source) == found


def test_line_magics_are_found_with_their_lines_and_continuations():
    source = (
        'x = """\n%odibi no\n"""\n%odibi run a \\\n   --force\nif x:\n    %odibi_node n --read l:a\n%time f()\n%odibi'
    )
    assert find_line_magics(source) == (
        CellMagic("odibi", "run a --force", "", 4),
        CellMagic("odibi_node", "n --read l:a", "", 7),
        CellMagic("odibi", "", "", 9),
    )


@pytest.mark.parametrize(
    ("source", "python", "special"),
    [
        ("a = 1\n%cd x\nb", "a = 1\npass\nb", [(2, "%cd x")]),
        ("if a:\n    !ls -l", "if a:\n    pass", [(2, "!ls -l")]),
        ("b?", "pass", [(1, "b?")]),
        ("?b\nx", "pass\nx", [(1, "?b")]),
        ("files = !ls\nx = %who", "pass\npass", [(1, "files = !ls"), (2, "x = %who")]),
        ("a = (b\n% c)", "a = (b\n% c)", []),
        ("!echo it's\nx = '''\n!no\n'''", "pass\nx = '''\n!no\n'''", [(1, "!echo it's")]),
        ("%%time\nx = 1", "pass\nx = 1", [(1, "%%time")]),
        ("%%bash\nls", "pass", [(1, "%%bash\nls")]),
        ("x =", "x =", []),
        ("x = ('a'", "x = ('a'", []),
    ],
)
def test_python_keeps_its_lines_when_special_ones_are_taken_out(source, python, special):
    separated = python_text(source)
    assert separated.text == python
    assert separated.special == tuple(SpecialLine(*each) for each in special)

"""Notebook files read without Jupyter."""

import json

import pytest

from odibi_nb.cells.notebook_file import NotebookCell, read_notebook
from odibi_nb.exceptions import FormatError, SourceNotFoundError


def written(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_code_cells_are_labelled_by_their_place_among_code_cells(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Sales"], "metadata": {}},
        {"cell_type": "code", "source": ["a = 1\n", "b"], "metadata": {"tags": ["parameters"]}, "execution_count": 7},
        {"cell_type": "raw", "source": "x"},
        {"cell_type": "code", "source": "c", "id": "abc", "metadata": {}, "execution_count": None},
    ]
    notebook = read_notebook(written(tmp_path / "n.ipynb", {"nbformat": 4, "nbformat_minor": 5, "cells": cells}))
    assert notebook.path == tmp_path / "n.ipynb"
    assert notebook.cells == (
        NotebookCell("1", "a = 1\nb", None, ("parameters",)),
        NotebookCell("2", "c", "abc", ()),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "isn't JSON"),
        ("", "isn't JSON"),
        ("[]", "no notebook"),
        ({"cells": []}, "no notebook"),
        ({"nbformat": 4}, "no notebook"),
        ({"nbformat": 3, "worksheets": []}, "nbformat 3"),
        ({"nbformat": 4, "cells": [1]}, "a cell that is none"),
    ],
)
def test_a_file_that_is_no_notebook_is_an_error_that_names_it(tmp_path, content, message):
    path = written(tmp_path / "n.ipynb", content)
    with pytest.raises(FormatError, match=message) as caught:
        read_notebook(path)
    assert caught.value.where.file == str(path)


def test_a_file_that_is_not_utf8_is_an_error(tmp_path):
    (tmp_path / "n.ipynb").write_bytes(b"\xff\xfe{")
    with pytest.raises(FormatError, match="UTF-8"):
        read_notebook(tmp_path / "n.ipynb")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("sale.ipynb", "did you mean 'sales.ipynb'?"), ("zzz", "the folder has sales.ipynb"), ("no/n.ipynb", "no folder")],
)
def test_a_missing_notebook_names_the_nearest_one(tmp_path, name, hint):
    written(tmp_path / "sales.ipynb", {})
    with pytest.raises(SourceNotFoundError) as caught:
        read_notebook(tmp_path / name)
    assert hint in caught.value.hint

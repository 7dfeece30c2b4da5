"""A parameter that nothing takes, or that has no value, is one error with the nearest name, at every door."""

import pytest

from .doors import shell
from .projects import GOOD, source, sql

LOAD = source("sales.csv")
BIG = sql("SELECT * FROM load WHERE id > $min_id", "out.csv")
FILES = {"sales.csv": GOOD}


@pytest.fixture(params=["project", "notebook"])
def target(request, project, cells):
    """A project file and a notebook that say the same."""
    if request.param == "project":
        return project([LOAD, BIG], files=FILES, vars={"min_id": 1})
    return cells(
        "%%odibi_node load --read local:sales.csv",
        "%%odibi_node out --write local:out.csv\ndef out(load, min_id=1):\n    return load[load.id > min_id]",
        files=FILES,
    )


@pytest.mark.parametrize("words", [("run", "--param", "min_di=2"), ("params", "min_di=2")])
def test_an_unknown_parameter_suggests(target, words):
    command, *rest = words
    text = shell(command, target.path, *rest).failure(2)
    assert "there is no parameter 'min_di'" in text
    assert "did you mean 'min_id'?" in text
    assert "out.csv" not in target.listing()


@pytest.mark.parametrize(
    "words", [("run", "--param", "min_id=abc"), ("plan", "--param", "min_id=abc"), ("params", "min_id=abc")]
)
def test_a_value_of_another_type_is_refused(target, words):
    command, *rest = words
    text = shell(command, target.path, *rest).failure(2)
    assert "parameter 'min_id' takes a" in text
    assert "number, not 'abc'" in text
    assert "its type is that of `min_id" in text
    assert "out.csv" not in target.listing()


def test_a_known_one_is_taken(target):
    assert "1" in shell("run", target.path, "--param", "min_id=1").success()
    assert target.text() == "id,region\n2,S\n"


def test_a_parameter_without_a_value_is_at_its_line_in_yaml(project):
    target = project([LOAD, sql("SELECT *\nFROM load\nWHERE id > $min_di", "out.csv")], files=FILES, vars={"min_id": 1})
    text = shell("run", target.path).failure(2)
    assert "parameter $min_di has no value" in text
    assert "odibi.yaml, line " in text
    assert " | " in text
    assert "WHERE id > $min_di" in text
    assert "did you mean 'min_id'?" in text


def test_a_parameter_without_a_value_is_at_its_line_in_a_notebook(cells):
    target = cells("%%odibi_node out --write local:out.csv\nSELECT\n  $nope AS x")
    text = shell("run", target.path).failure(2)
    assert "line 3" in text
    assert "3 |   $nope AS x" in text


def test_a_var_that_isnt_there_suggests(project):
    target = project([LOAD, sql("SELECT ${vars.min_di} AS x", "out.csv")], files=FILES, vars={"min_id": 1})
    text = shell("run", target.path).failure(2)
    assert "unknown variable 'vars.min_di'" in text
    assert "did you mean 'min_id'?" in text


@pytest.mark.parametrize("word", ["min_id", "=5"])
def test_what_is_no_pair_is_refused(target, word):
    assert "key=value" in shell("params", target.path, word).failure(2)
    assert "key=value" in shell("run", target.path, "--param", word).failure(2)


def test_a_step_that_is_unknown_is_at_its_own_line(project):
    steps = [{"operation": "filter", "params": {"condition": "id > 1"}}, {"operation": "filtr", "params": {}}]
    node = {"name": "out", "depends_on": ["load"], "transform": {"steps": steps}}
    target = project([LOAD, node], files=FILES)
    text = shell("run", target.path).failure(2)
    assert "operation 'filtr' is not known" in text
    assert "operation: filtr" in text
    assert "did you mean 'filter'?" in text

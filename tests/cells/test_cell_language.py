"""Which language a body is in."""

import pytest

from odibi_nb.cells.language import detect_language

SQL = [
    "SELECT 1",
    "select * from a",
    "-- the sums\nSELECT 1",
    "/* two\nlines */ SELECT 1",
    "# not SQL's comment\nSELECT 1",
    "\n\n  SELECT 1",
    "VALUES (1), (2)",
    "values(1)",
    "FROM a",
    "FROM a SELECT x",
    "from 'x.csv'",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "with a as (\n  select 1\n)\nselect * from a",
    "(SELECT 1) UNION (SELECT 2)",
    "CREATE MACRO f(x) AS x + 1; SELECT f(1)",
    "PIVOT a ON b USING sum(c)",
    "UNPIVOT a ON b INTO NAME n VALUE v",
    "SUMMARIZE a",
    "DESCRIBE a",
    "TABLE a",
    "INSERT INTO a VALUES (1)",
    "SET threads = 2",
    "COPY a TO 'x.csv'",
    "SELECT '\\d' FROM a",
    "SELECT [1, 2]",
    "; SELECT 1",
    "select * from {{ ref('a') }}",
    "{{ config(materialized='table') }}\nselect 1",
    "{% set x = 1 %}\nselect {{ x }}",
    "SELECT FROM WHERE",
    "---\nSELECT 1",
]
PYTHON = [
    "a",
    "a.head()",
    "from datetime import date\na",
    "from . import helpers\na",
    "from .x import (a,\n b)\na",
    "import pandas as pd\npd.concat([a])",
    "with open('x') as f:\n    y = f.read()\ny",
    "with open('x') as f:  # keep\n    y = f.read(\n",
    "async with client() as c:\n    y = await c.get()\ny",
    "def n(a):\n    return a",
    "@cached\ndef n(a):\n    return a",
    "# select the rows\na[a.x > 0]",
    '"""select"""\na',
    "x = 'SELECT 1'\nx",
    "values = [1, 2]\nvalues",
    "values, counts = f(a)\nvalues",
    "select = a.x > 0\na[select]",
    "table = a.copy()\ntable",
    "show = 1\nshow",
    "set(a.x)",
    "table.head(",
    "drop = (\n",
    "summarize(a)",
    "describe: int = 3\ndescribe",
    "analyze",
    "await fetch(a)",
    "lambda x: x",
    "{'read': 1}",
    "%matplotlib inline\na",
    "!ls",
    "x +",
    "read = 1\nread",
    "tags: list = []\na",
    "tags: [x]\nSELECT 1",
]
YAML = [
    "read:\n  connection: local\n  path: x.csv",
    "# a comment\nread: {connection: local, path: x.csv}",
    "transform:\n  steps:\n    - SELECT 1",
    "transform:\n  steps:\n  - SELECT 1\n",
    "depends_on:\n- a\ntransform: {steps: []}",
    "write:\n  connection: out\n  path: a.parquet\ntags: [x]",
    "inputs:\n  a: b\ndescription: what it is",
    "'read': {connection: local, path: x.csv}",
    "---\nread: {connection: local, path: x.csv}",
    "read: [\n]",
    "read:\n\tpath: x",
    "read: {path: x}\npre_sql: [SELECT 1]",
    "read: int",
    "reda:\n  path: x\ntags: [x]",
    "transform:\n  steps: []\ntgas: [x]",
    "read: {connection: local, path: sales.csv}\ntgas: [x]",
]
NONE = ["", "  \n\n", "-- nothing\n", "# nothing", "/* nothing", "/* a */ -- b"]
CASES = [(body, "sql") for body in SQL] + [(body, "python") for body in PYTHON]
CASES += [(body, "yaml") for body in YAML] + [(body, "none") for body in NONE]
CASES += [  # what Python could mean too
    ("{{ ref('x') }}", "sql"),
    ("with t as ( -- first:\n select 1)\nselect * from t", "sql"),
    ("WITH RECURSIVE t(n) AS MATERIALIZED (SELECT {'a':\n1}) FROM t", "sql"),
    ("width: int", "python"),
]


@pytest.mark.parametrize(("body", "language"), CASES)
def test_a_body_is_in(body, language):
    assert detect_language(body) == language


@pytest.mark.parametrize("opening", ["with connect() as (a, b):", "with pool as (a, b):"])
def test_a_with_statement_may_look_like_a_cte(opening):
    assert detect_language(f"{opening}\n    rows = a.read()\nrows") == "python"


@pytest.mark.parametrize("body", ["reads: {connection: local, path: x.csv}", "transfrom:\n  steps: []"])
def test_a_misspelt_field_is_meant_as_one(body):
    assert detect_language(body) == "yaml"


@pytest.mark.parametrize("lang", ["sql", "python", "yaml"])
def test_the_cell_may_say_its_language(lang):
    assert detect_language("SELECT 1", lang) == lang


def test_a_body_without_content_has_no_language_whatever_the_cell_says():
    assert detect_language("\n", "sql") == "none"


@pytest.mark.filterwarnings("error")
def test_sql_that_python_would_warn_about_gives_no_warning():
    assert detect_language("FROM a SELECT '\\d'") == "sql"

"""Random nested queries in which CTEs shadow tables and each other, judged by DuckDB itself."""

from __future__ import annotations

import itertools
import random

import duckdb
import pytest

from odibi_nb.sql import analyze

NAMES = ("a", "b", "c", "d")


class Writer:
    """Writes queries of one column, with random scopes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.aliases = itertools.count()

    def query(self, depth: int) -> str:
        if depth == 0 or self.random.random() < 0.5:
            return self.body(depth)
        names = self.random.sample(NAMES, self.random.randint(1, 2))
        ctes = ", ".join(f"{name} AS ({self.body(depth - 1)})" for name in names)
        used = ", ".join(f"{name} AS {self.alias()}" for name in names)  # DuckDB doesn't bind an unused CTE
        return f"WITH {ctes} {self.body(depth)} UNION ALL SELECT 1 FROM {used}"

    def body(self, depth: int) -> str:
        source = self.source(depth)
        if self.random.random() < 0.4:
            source += self.random.choice([", {}", " CROSS JOIN {}", " LEFT JOIN {} ON true"]).format(self.source(depth))
        text = self.random.choice(["SELECT 1 AS x FROM {}", "FROM {} SELECT 1 AS x"]).format(source)
        if depth and self.random.random() < 0.2:
            text += f" WHERE 1 IN ({self.query(depth - 1)})"
        return text

    def source(self, depth: int) -> str:
        chance = self.random.random()
        if depth == 0 or chance < 0.5:
            return f"{self.random.choice(NAMES)} AS {self.alias()}"
        if chance < 0.7:
            return f"({self.query(depth - 1)}) {self.alias()}"
        if chance < 0.85:
            return f"({self.random.choice(NAMES)} AS {self.alias()} CROSS JOIN {self.source(depth - 1)})"
        return f"(({self.query(depth - 1)}) UNION ALL ({self.query(depth - 1)})) {self.alias()}"

    def alias(self) -> str:
        return f"t{next(self.aliases)}"


@pytest.fixture(scope="module")
def databases() -> dict[frozenset[str], duckdb.DuckDBPyConnection]:
    """One database for each set of tables."""
    sets = itertools.chain.from_iterable(itertools.combinations(NAMES, size) for size in range(len(NAMES) + 1))
    return {frozenset(tables): database(tables) for tables in sets}


def database(tables: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"python_enable_replacements": "false"})
    for table in tables:
        con.execute(f"CREATE TABLE {table} (x INTEGER)")
    return con


def binds(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    try:
        con.execute(f"EXPLAIN {text}")
    except duckdb.Error:
        return False
    return True


@pytest.mark.parametrize("seed", range(150))
def test_nested_scopes_are_duckdbs(seed: int, databases: dict[frozenset[str], duckdb.DuckDBPyConnection]) -> None:
    text = Writer(seed).query(3)
    tables = frozenset(table.name for table in analyze(text).tables)
    assert binds(databases[tables], text)
    assert not any(binds(databases[tables - {table}], text) for table in tables)

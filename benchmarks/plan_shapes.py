"""Thirty small pipelines whose queries have different plans; node by node, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["SHAPES", "Shape", "hand_counts", "make_sources", "pipeline_of"]

_SOURCES = {
    "products": "SELECT CAST(range AS INTEGER) AS product_id, ['a', 'b', 'c'][1 + range % 3] AS kind FROM range(20011)",
    "customers": "SELECT CAST(range AS INTEGER) AS customer_id, range % 90 AS age FROM range(1000003)",
    "bands": "SELECT range AS band, range * 1000 AS low, range * 1000 + 999 AS high FROM range(100)",
}
_FILES = ("sales", "stores", *_SOURCES)


@dataclass(frozen=True, slots=True)
class Shape:
    """Nodes of SQL, in order, by name; the last is a leaf.

    written: nodes that write a file. on_demand: nodes that a run doesn't count, and why.
    """

    nodes: Mapping[str, str]
    written: tuple[str, ...] = ()
    on_demand: Mapping[str, str] = field(default_factory=dict)


_VALID = "SELECT * FROM sales WHERE channel <> 'test' AND cents >= 1000"
_LIMIT = "a limit ends it early"
_EMPTY = "what it is joined with is empty"


def _total(above: str, by: str = "store_id") -> str:
    return f"SELECT {by}, count(*) AS sales, sum(cents) AS cents FROM {above} GROUP BY ALL"


def _steps(count: int) -> dict[str, str]:
    """Return a chain in which filters and changed columns take turns."""
    texts = {"step_0": _VALID}
    for number in range(1, count - 1):
        above = f"step_{number - 1}"
        changed = f"SELECT * REPLACE (cents + {number} AS cents) FROM {above}"
        filtered = f"SELECT * FROM {above} WHERE product_id <> {number * 97}"
        texts[f"step_{number}"] = filtered if number % 2 else changed
    return {**texts, "total": _total(f"step_{count - 2}")}


_WEB = "SELECT * FROM sales WHERE channel = 'web'"
_SHOP = "SELECT * FROM sales WHERE channel = 'shop' AND cents > 500"
_KEYS = "SELECT store_id, quantity, product_id FROM sales WHERE channel = "
_KIND_B = "SELECT product_id FROM products WHERE kind = 'b'"
_MANY = "SELECT * FROM valid WHERE quantity > 3"
_WITH_REGION = "SELECT valid.*, region FROM valid JOIN stores USING (store_id)"

SHAPES = {
    "filter": Shape({"valid": _VALID, "total": _total("valid")}),
    "filter, written": Shape({"valid": _VALID, "out": "SELECT id, store_id, cents FROM valid"}, written=("out",)),
    "two filters": Shape({"valid": _VALID, "many": _MANY, "total": _total("many")}),
    "filter that keeps none": Shape(
        {
            "none": "SELECT * FROM sales WHERE cents % 7 = 9",
            "few": "SELECT * FROM none WHERE quantity > 3",
            "total": _total("few"),
        }
    ),
    "filter on a sorted column": Shape(
        {
            "many": "SELECT * FROM sales WHERE quantity > 2",
            "first": "SELECT * FROM many WHERE id < 50000",
            "total": _total("first"),
        },
        on_demand={"many": "its reader's filter spares most of the file"},
    ),
    "join": Shape({"valid": _VALID, "joined": _WITH_REGION, "total": _total("joined", "region")}),
    "three joins": Shape(
        {
            "valid": _VALID,
            "with_region": _WITH_REGION,
            "with_kind": "SELECT with_region.*, kind FROM with_region JOIN products USING (product_id)",
            "with_age": "SELECT with_kind.*, age FROM with_kind JOIN customers USING (customer_id)",
            "total": "SELECT region, kind, avg(age) AS age FROM with_age GROUP BY ALL",
        }
    ),
    "left join": Shape(
        {
            "valid": _VALID,
            "thirds": "SELECT * FROM products WHERE product_id % 3 = 0",
            "joined": "SELECT valid.*, kind FROM valid LEFT JOIN thirds USING (product_id)",
            "total": _total("joined", "kind"),
        }
    ),
    "semi join": Shape(
        {
            "picked": _KIND_B,
            "valid": _VALID,
            "sold": "SELECT * FROM valid WHERE product_id IN (SELECT product_id FROM picked)",
            "total": _total("sold"),
        }
    ),
    "anti join": Shape(
        {
            "picked": _KIND_B,
            "valid": _VALID,
            "others": "SELECT * FROM valid WHERE NOT EXISTS (FROM picked WHERE picked.product_id = valid.product_id)",
            "total": _total("others"),
        }
    ),
    "full join": Shape(
        {
            "cheap": "SELECT store_id, cents FROM sales WHERE cents < 20000",
            "open": "SELECT * FROM stores WHERE store_id > 100",
            "joined": "SELECT * FROM cheap FULL JOIN open USING (store_id)",
            "total": _total("joined", "region"),
        }
    ),
    "union all, filtered": Shape(
        {
            "web": _WEB,
            "shop": _SHOP,
            "either": "FROM web UNION ALL FROM shop",
            "many": "SELECT * FROM either WHERE quantity > 5",
            "total": _total("many"),
        }
    ),
    "union": Shape(
        {
            "web": f"{_KEYS}'web'",
            "shop": f"{_KEYS}'shop'",
            "either": "FROM web UNION FROM shop",
            "total": "SELECT count(*) AS n FROM either",
        }
    ),
    "except": Shape(
        {
            "web": f"{_KEYS}'web'",
            "shop": f"{_KEYS}'shop'",
            "only_web": "FROM web EXCEPT FROM shop",
            "total": "SELECT count(*) AS n FROM only_web",
        }
    ),
    "window": Shape(
        {
            "valid": _VALID,
            "numbered": "SELECT store_id, cents, row_number() OVER (PARTITION BY store_id ORDER BY id) AS n FROM valid",
            "first": "SELECT * FROM numbered WHERE n < 100",
            "total": _total("first"),
        }
    ),
    "top n": Shape({"valid": _VALID, "many": _MANY, "top": "SELECT * FROM many ORDER BY cents DESC, id LIMIT 100"}),
    "limit": Shape(
        {
            "valid": _VALID,
            "many": _MANY,
            "picked": "SELECT * FROM many LIMIT 1000",
            "total": "SELECT sum(cents) AS cents FROM picked",
        },
        on_demand={"valid": _LIMIT, "many": _LIMIT},
    ),
    "distinct": Shape(
        {
            "valid": _VALID,
            "pairs": "SELECT DISTINCT store_id, product_id FROM valid",
            "total": "SELECT count(*) AS n FROM pairs",
        }
    ),
    "fan-out": Shape(
        {
            "valid": _VALID,
            "joined": _WITH_REGION,
            "by_region": _total("joined", "region"),
            "by_product": _total("joined", "product_id"),
        },
        written=("by_region", "by_product"),
    ),
    "diamond": Shape(
        {
            "valid": _VALID,
            "many": "SELECT id, cents FROM valid WHERE quantity > 4",
            "dear": "SELECT id, store_id FROM valid WHERE cents > 50000",
            "either": "SELECT * FROM many JOIN dear USING (id)",
            "total": _total("either"),
        }
    ),
    "15 steps": Shape(_steps(15)),
    "empty input": Shape(
        {
            "valid": _VALID,
            "nowhere": "SELECT * FROM stores WHERE store_id % 5 = 8",
            "joined": "SELECT valid.*, region FROM valid JOIN nowhere USING (store_id)",
            "total": _total("joined", "region"),
        },
        on_demand={"valid": _EMPTY},
    ),
    "ungrouped aggregate": Shape(
        {"valid": _VALID, "many": _MANY, "total": "SELECT sum(cents) AS cents, max(id) AS last FROM many"}
    ),
    "unnest": Shape(
        {
            "pieces": "SELECT id, store_id, unnest(range(quantity)) AS n FROM sales WHERE cents > 30000",
            "later": "SELECT * FROM pieces WHERE n > 2",
            "total": "SELECT store_id, count(*) AS n FROM later GROUP BY ALL",
        }
    ),
    "scalar subquery": Shape(
        {
            "valid": _VALID,
            "dear": "SELECT * FROM valid WHERE cents > (SELECT avg(cents) FROM sales)",
            "total": _total("dear"),
        }
    ),
    "pivot": Shape(
        {
            "valid": _VALID,
            "picked": "SELECT quantity, channel, cents FROM valid WHERE id % 3 = 0",
            "wide": "PIVOT picked ON channel USING sum(cents) GROUP BY quantity",
        },
        on_demand=dict.fromkeys(("valid", "picked"), "PIVOT is carried out as several statements"),
    ),
    "sample": Shape(
        {
            "valid": _VALID,
            "picked": "SELECT * FROM valid USING SAMPLE 1000 ROWS",
            "total": "SELECT sum(cents) AS cents FROM picked",
        }
    ),
    "range join": Shape(
        {
            "picked": "SELECT * FROM sales WHERE id % 50 = 0",
            "upper": "SELECT * FROM bands WHERE low >= 1000",
            "joined": "SELECT picked.id, cents, band FROM picked JOIN upper ON cents BETWEEN low AND high",
            "total": "SELECT band, count(*) AS n FROM joined GROUP BY ALL",
        }
    ),
    "projections": Shape(
        {
            "twice": "SELECT id, store_id, cents * 2 AS cents FROM sales",
            "named": "SELECT *, cents + 1 AS more FROM twice",
            "total": _total("named"),
        }
    ),
    "CTEs in a node": Shape(
        {
            "valid": _VALID,
            "ends": "WITH dear AS (FROM valid WHERE cents > 40000), cheap AS (FROM valid WHERE cents < 2000)"
            " FROM dear UNION ALL FROM cheap",
            "total": _total("ends"),
        }
    ),
}


def make_sources(folder: str, rows: int) -> dict[str, str]:
    """Write the Parquet files that the shapes read, unless they are there."""
    import duckdb

    from benchmarks.large_contestants import make_data

    make_data(folder, rows)
    for name, text in _SOURCES.items():
        file = Path(folder) / f"{name}.parquet"
        if not file.exists():
            duckdb.connect().execute(f"COPY ({text}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    return {"folder": folder}


def pipeline_of(shape: Shape) -> dict[str, Any]:
    """Return a shape's pipeline, as YAML would have it, on a connection `local` to the folder of the files."""
    text = " ".join(shape.nodes.values())
    nodes: list[dict[str, Any]] = [
        {"name": name, "read": {"connection": "local", "path": f"{name}.parquet"}} for name in _FILES if name in text
    ]
    for name, sql in shape.nodes.items():
        write = {"write": {"connection": "local", "path": f"written/{name}.parquet"}} if name in shape.written else {}
        nodes.append({"name": name, "transform": {"steps": [sql]}, **write})
    return {"pipeline": "shape", "nodes": nodes}


def hand_counts(shape: Shape, folder: str) -> dict[str, int]:
    """Return how many rows each node has, every one counted by a query of its own."""
    import duckdb

    connection = duckdb.connect()
    for name in _FILES:
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{folder}/{name}.parquet')")
    counts = {}
    for name, sql in shape.nodes.items():
        kind = "TABLE" if sql.startswith("PIVOT") else "VIEW"
        connection.execute(f"CREATE {kind} {name} AS FROM ({sql})")
        counts[name] = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    return counts

"""Tables of TPC-H, and queries in the manner of its own with the columns that each result comes from."""

from __future__ import annotations

TABLES = {
    "nation": "n_nationkey INTEGER, n_name VARCHAR, n_regionkey INTEGER",
    "region": "r_regionkey INTEGER, r_name VARCHAR",
    "supplier": "s_suppkey INTEGER, s_name VARCHAR, s_nationkey INTEGER, s_acctbal DECIMAL(15,2)",
    "customer": "c_custkey INTEGER, c_name VARCHAR, c_nationkey INTEGER, c_mktsegment VARCHAR",
    "orders": "o_orderkey INTEGER, o_custkey INTEGER, o_orderdate DATE, o_shippriority INTEGER, o_comment VARCHAR",
    "part": "p_partkey INTEGER, p_type VARCHAR, p_size INTEGER, p_mfgr VARCHAR",
    "partsupp": "ps_partkey INTEGER, ps_suppkey INTEGER, ps_supplycost DECIMAL(15,2)",
    "lineitem": (
        "l_orderkey INTEGER, l_partkey INTEGER, l_suppkey INTEGER, l_quantity DECIMAL(15,2), "
        "l_extendedprice DECIMAL(15,2), l_discount DECIMAL(15,2), l_tax DECIMAL(15,2), l_returnflag VARCHAR, "
        "l_linestatus VARCHAR, l_shipdate DATE"
    ),
}

PRICE = {"l_extendedprice", "l_discount"}

# Each with its SQL and, for each column, the names of its origins: in TPC-H no two tables share one.
QUERIES: dict[str, tuple[str, dict[str, set[str]]]] = {
    "1: prices of what was shipped": (
        """
        SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty,
               sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
               avg(l_discount) AS avg_disc, count(*) AS count_order
        FROM lineitem WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY
        GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus
        """,
        {
            "l_returnflag": {"l_returnflag"}, "l_linestatus": {"l_linestatus"}, "sum_qty": {"l_quantity"},
            "sum_charge": {*PRICE, "l_tax"}, "avg_disc": {"l_discount"}, "count_order": set(),
        },
    ),
    "2: the cheapest supplier of a part": (
        """
        SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr
        FROM part, supplier, partsupp, nation, region
        WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS'
          AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
          AND ps_supplycost = (
            SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region
            WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey
              AND n_regionkey = r_regionkey AND r_name = 'EUROPE')
        ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100
        """,
        {name: {name} for name in ("s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr")},
    ),
    "8: share of a nation in the market": (
        """
        SELECT o_year, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS mkt_share
        FROM (
          SELECT extract(year FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume,
                 n2.n_name AS nation
          FROM part, supplier, lineitem, orders, customer, nation n1, nation n2, region
          WHERE p_partkey = l_partkey AND s_suppkey = l_suppkey AND l_orderkey = o_orderkey
            AND o_custkey = c_custkey AND c_nationkey = n1.n_nationkey AND n1.n_regionkey = r_regionkey
            AND s_nationkey = n2.n_nationkey
        ) AS all_nations GROUP BY o_year ORDER BY o_year
        """,
        {"o_year": {"o_orderdate"}, "mkt_share": {*PRICE, "n_name"}},
    ),
    "13: customers by their orders": (
        """
        SELECT c_count, count(*) AS custdist FROM (
          SELECT c_custkey, count(o_orderkey)
          FROM customer LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%'
          GROUP BY c_custkey
        ) AS c_orders (c_custkey, c_count) GROUP BY c_count ORDER BY custdist DESC, c_count DESC
        """,
        {"c_count": {"o_orderkey"}, "custdist": set()},
    ),
    "15: the top supplier": (
        """
        WITH revenue AS (
          SELECT l_suppkey AS supplier_no, sum(l_extendedprice * (1 - l_discount)) AS total_revenue
          FROM lineitem GROUP BY l_suppkey)
        SELECT s_suppkey, s_name, total_revenue, rank() OVER (ORDER BY total_revenue DESC) AS place
        FROM supplier JOIN revenue ON s_suppkey = supplier_no
        QUALIFY total_revenue = max(total_revenue) OVER ()
        """,
        {"s_suppkey": {"s_suppkey"}, "s_name": {"s_name"}, "total_revenue": PRICE, "place": PRICE},
    ),
}  # fmt: skip


def columns(name: str) -> list[tuple[str, str]]:
    """Return a table's columns and types."""
    return [(word, type_) for word, _, type_ in (each.partition(" ") for each in TABLES[name].split(", "))]

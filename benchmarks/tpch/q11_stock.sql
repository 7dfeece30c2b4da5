-- What suppliers in Germany have: the join that query 11 has twice
SELECT ps_partkey, ps_supplycost * ps_availqty AS value
FROM partsupp, supplier, nation
WHERE ps_suppkey = s_suppkey
  AND s_nationkey = n_nationkey
  AND n_name = 'GERMANY'

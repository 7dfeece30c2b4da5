-- Minimum cost supplier
SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
FROM part, q02_offers
WHERE p_partkey = ps_partkey
  AND p_size = 15
  AND p_type LIKE '%BRASS'
  AND ps_supplycost = (
      SELECT min(cheapest.ps_supplycost) FROM q02_offers AS cheapest WHERE p_partkey = cheapest.ps_partkey
  )
ORDER BY s_acctbal DESC, n_name, s_name, p_partkey
LIMIT 100

-- Important stock identification
SELECT ps_partkey, sum(value) AS value
FROM q11_stock
GROUP BY ps_partkey
HAVING sum(value) > (SELECT sum(value) * {fraction} FROM q11_stock)
ORDER BY value DESC

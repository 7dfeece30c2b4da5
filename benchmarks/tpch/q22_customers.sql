-- Customers of seven countries: the selection that query 22 has twice
SELECT c_custkey, c_acctbal, substring(c_phone FROM 1 FOR 2) AS cntrycode
FROM customer
WHERE substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')

SELECT customer, count(*) AS orders, sum(amount) AS total
FROM clean_orders
GROUP BY customer
ORDER BY customer

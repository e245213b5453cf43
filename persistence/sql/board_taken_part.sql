-- Whether anybody did anything on these days. The first of them in the index's order: an EXISTS may read all there is.
-- Params: $1 first day, $2 last day
SELECT (SELECT day FROM user_daily_stats WHERE day BETWEEN $1 AND $2 ORDER BY day, user_id LIMIT 1) IS NOT NULL

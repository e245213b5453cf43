-- A page of what people have on the board of these days, those who lost all of it included.
-- Params: $1 first day, $2 last day, $3 people above this id, $4 limit
-- The people come from an index per day and their sums from the key of user_daily_stats, so a page costs the same
-- wherever it lies.
WITH near AS (
    SELECT DISTINCT few.user_id
    FROM generate_series($1::date, $2::date, interval '1 day') AS one,
         LATERAL (SELECT d.user_id FROM user_daily_stats AS d
                  WHERE d.day = one::date AND d.user_id > $3 ORDER BY d.user_id LIMIT $4) AS few
    ORDER BY few.user_id LIMIT $4
),
total AS (
    SELECT near.user_id, sum(d.xp)::bigint AS xp, sum(d.changes)::bigint AS version, max(d.reached_at) AS reached_at
    FROM near, user_daily_stats AS d
    WHERE d.user_id = near.user_id AND d.day BETWEEN $1 AND $2
    GROUP BY near.user_id
)
SELECT user_id, coalesce((SELECT name FROM users WHERE id = user_id), '') AS name, xp, version,
       coalesce((extract(epoch FROM reached_at) * 1000)::bigint, 0) AS reached_ms
FROM total ORDER BY user_id

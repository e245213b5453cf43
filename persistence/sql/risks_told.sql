-- Note that these people are warned, once for each day; the people must be locked.
-- Params: $1 user ids bigint[]   $2 at in ms
-- Returns those who are to be told: user_id, current, longest, day: the one to be saved, ends_at_ms. Not among them is
-- whose day is over by now.
WITH due AS MATERIALIZED (
    SELECT s.user_id, s.run_last + 1 AS day, s.current, s.longest, s.freezes,
           day_begins(s.run_last + 2, coalesce(u.tz, 'UTC')) AS ends_at
    FROM user_streaks AS s LEFT JOIN users AS u ON u.id = s.user_id
    WHERE s.user_id = ANY ($1) AND s.risk_at <= to_timestamp($2::float8 / 1000)
),
told AS (
    UPDATE user_streaks AS s SET risk_at = NULL, risk_told = due.day
    FROM due WHERE s.user_id = due.user_id AND s.user_id = ANY ($1)
)
SELECT user_id, current, longest, day, (extract(epoch FROM ends_at) * 1000)::bigint AS ends_at_ms
FROM due WHERE ends_at > to_timestamp($2::float8 / 1000) AND freezes = 0 ORDER BY user_id

-- People whose freeze is to be spent, in the order of their midnights, whatever their zone.
-- Params: $1 at in ms   $2 limit
SELECT user_id FROM user_streaks
WHERE due_at <= to_timestamp($1::float8 / 1000) AND freezes > 0
ORDER BY due_at, user_id LIMIT $2

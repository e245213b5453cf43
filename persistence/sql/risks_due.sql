-- People to be warned that their streak ends tonight, in the order of the times they are usually active.
-- Params: $1 at in ms   $2 limit
SELECT user_id FROM user_streaks WHERE risk_at <= to_timestamp($1::float8 / 1000) ORDER BY risk_at, user_id LIMIT $2

-- The days of a person that are paused, from this one on.
-- Params: $1 user id   $2 first day
SELECT day FROM streak_days WHERE user_id = $1 AND day >= $2 AND kept = 'paused' ORDER BY day

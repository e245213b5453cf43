-- Note when a person last repaired a day.
-- Params: $1 user id   $2 at in ms
UPDATE user_streaks SET repaired_at = to_timestamp($2::float8 / 1000) WHERE user_id = $1

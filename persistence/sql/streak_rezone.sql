-- Set when a person's freeze is spent and when they are warned by the zone they are in now.
-- Params: $1 user id   $2 at in ms
UPDATE user_streaks AS s
SET due_at = CASE WHEN s.freezes > 0 AND (s.due_at IS NOT NULL OR ends > at) THEN ends END,
    risk_at = CASE WHEN s.freezes = 0 AND ends > at AND s.risk_told IS DISTINCT FROM s.run_last + 1
                   THEN ((s.run_last + 1)::timestamp + s.usual_seconds * interval '1 second') AT TIME ZONE zone END
FROM user_streaks AS was
     JOIN users AS u ON u.id = was.user_id
     CROSS JOIN LATERAL (
         SELECT u.tz, day_begins(was.run_last + 2, u.tz), to_timestamp($2::float8 / 1000)
     ) AS there (zone, ends, at)
WHERE s.user_id = $1 AND was.user_id = $1

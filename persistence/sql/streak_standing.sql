-- What decides whether a person may keep a day. The person must be locked, their midnights settled.
-- Params: $1 user id   $2 at in ms
-- Returns today where they are, its row's active and kept (null: no row), run_last, freezes, and repaired_at_ms
SELECT today, d.active, d.kept, s.run_last, coalesce(s.freezes, 0) AS freezes,
       (extract(epoch FROM s.repaired_at) * 1000)::bigint AS repaired_at_ms
FROM users AS u
     CROSS JOIN LATERAL (SELECT (to_timestamp($2::float8 / 1000) AT TIME ZONE u.tz)::date) AS date (today)
     LEFT JOIN user_streaks AS s ON s.user_id = u.id
     LEFT JOIN streak_days AS d ON d.user_id = u.id AND d.day = today
WHERE u.id = $1

-- Every day of a person between two, oldest first, each with what it is and why; none before the first of all, for
-- there was nothing to miss, and none to come unless it is kept already.
-- Params: $1 user id   $2 first day   $3 last day   $4 at in ms
-- Returns day, state: active, frozen, paused, repaired, skipped, missed, or open (today, nothing done yet);
--   cause and at_ms (null where nothing happened)
SELECT one::date AS day,
       CASE WHEN d.active THEN 'active' WHEN d.kept IS NOT NULL THEN d.kept
            WHEN one::date = today THEN 'open' ELSE 'missed' END AS state,
       d.cause, (extract(epoch FROM d.at) * 1000)::bigint AS at_ms
FROM users AS u
     CROSS JOIN LATERAL (SELECT (to_timestamp($4::float8 / 1000) AT TIME ZONE u.tz)::date) AS date (today)
     CROSS JOIN LATERAL (SELECT day FROM streak_days WHERE user_id = u.id ORDER BY day LIMIT 1) AS beginning
     CROSS JOIN LATERAL generate_series(greatest($2::date, beginning.day), $3::date, interval '1 day') AS one
     LEFT JOIN LATERAL (SELECT * FROM streak_days WHERE user_id = u.id AND day = one::date LIMIT 1) AS d ON true
WHERE u.id = $1 AND (one::date <= today OR d.day IS NOT NULL)
ORDER BY one

-- Streaks as they are seen at an instant. Somebody without any has no row.
-- Params: $1 user ids bigint[]   $2 at in ms bigint[], side by side
-- Returns user_id, current: 0 once a whole day was missed; longest, active_days, freezes, last_day, today,
--   state: active, open, frozen, paused or none
--   due: whether a midnight that spends a freeze has passed and is not settled
SELECT s.user_id, CASE WHEN s.run_last >= today - 1 THEN s.current ELSE 0 END AS current,
       s.longest, s.active_days, s.freezes, s.last_day, today,
       CASE WHEN s.run_last IS NULL OR s.run_last < today - 1 THEN 'none'
            WHEN s.last_day >= today THEN 'active'
            WHEN s.run_last < today THEN 'open'
            WHEN kept.kept = 'paused' THEN 'paused' ELSE 'frozen' END AS state,
       coalesce(s.due_at <= asked.at, false) AS due
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (user_id, at)
     CROSS JOIN LATERAL (SELECT * FROM user_streaks WHERE user_id = wanted.user_id LIMIT 1) AS s
     LEFT JOIN LATERAL (SELECT tz FROM users WHERE id = wanted.user_id LIMIT 1) AS u ON true
     CROSS JOIN LATERAL (SELECT to_timestamp(wanted.at::float8 / 1000)) AS asked (at)
     CROSS JOIN LATERAL (SELECT (asked.at AT TIME ZONE coalesce(u.tz, 'UTC'))::date) AS date (today)
     LEFT JOIN LATERAL (
         SELECT d.kept FROM streak_days AS d
         WHERE s.last_day < today AND s.run_last >= today AND d.user_id = s.user_id AND d.day = today
     ) AS kept ON true

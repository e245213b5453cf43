-- Days that turned active after everything a person has: by far the most, so that they have a way of their own, in one
-- statement and without a walk. It says the same as midnights, days, skips and streaks one after the other would.
-- The people must be locked; none may be given twice.
-- Params: arrays side by side
--   $1 user ids bigint[]   $2 days date[]   $3 at in ms bigint[]   $4 causes text[]   $5 live boolean[]
--   $6 occurred in ms bigint[]: the first item of the day
-- Returns what streaks.sql does, of those who are done. All others are as they were: a midnight has passed unsettled,
-- a freeze may be spent, a day may have been swallowed, or there are days at or after the new one.
WITH plain AS MATERIALIZED (
    SELECT c.user_id, c.day, c.cause, asked.at, coalesce(u.tz, 'UTC') AS tz,
           to_timestamp(c.occurred::float8 / 1000) AS occurred, c.live AND (c.day > s.last_live_day) IS NOT FALSE AS lived,
           c.day = s.run_last + 1 IS TRUE AS continues, s.run_first, s.run_last, s.last_live_day, s.usual_seconds,
           s.risk_told, coalesce(s.current, 0) AS current, coalesce(s.longest, 0) AS longest,
           coalesce(s.active_days, 0) AS active_days, coalesce(s.live_days, 0) AS live_days,
           coalesce(s.freezes, 0) AS freezes
    FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::text[], $5::boolean[], $6::bigint[])
             AS c (user_id, day, at, cause, live, occurred)
         CROSS JOIN LATERAL (SELECT to_timestamp(c.at::float8 / 1000)) AS asked (at)
         LEFT JOIN LATERAL (SELECT tz FROM users WHERE id = c.user_id LIMIT 1) AS u ON true
         LEFT JOIN LATERAL (SELECT * FROM user_streaks WHERE user_id = c.user_id LIMIT 1) AS s ON true
    WHERE (s.due_at IS NULL OR s.due_at > asked.at AND c.day = s.run_last + 1)
      AND (s.run_last IS NULL OR c.day = s.run_last + 1 OR c.day > s.run_last + 2)
      AND c.day IS DISTINCT FROM s.last_day + 2
      AND NOT EXISTS (
          SELECT FROM streak_days AS d
          WHERE d.user_id = c.user_id AND d.day > coalesce(s.run_last, '-infinity') OFFSET 0)
),
after AS MATERIALIZED (
    SELECT user_id, day, at, tz, cause, risk_told, longest AS longest_before, active_days AS active_days_before,
           (at AT TIME ZONE tz)::date AS today, run_last AS run_last_before, current AS current_before,
           CASE WHEN continues THEN run_first ELSE day END AS run_first,
           CASE WHEN continues THEN current ELSE 0 END + 1 AS current,
           greatest(longest, CASE WHEN continues THEN current ELSE 0 END + 1) AS longest,
           active_days + 1 AS active_days,
           live_days + lived::integer AS live_days,
           CASE WHEN lived THEN day ELSE last_live_day END AS last_live_day,
           least(2, freezes + (live_days + lived::integer) / 7 - live_days / 7) AS freezes,
           CASE WHEN lived THEN coalesce(usual_seconds + (began.seconds - usual_seconds) / 8, began.seconds)
                ELSE usual_seconds END AS usual_seconds,
           day_begins(day + 2, tz) AS ends
    FROM plain
         CROSS JOIN LATERAL (SELECT date_part('epoch', (occurred AT TIME ZONE tz)::time)::integer) AS began (seconds)
),
noted AS (
    INSERT INTO streak_days (user_id, day, active, cause, at)
    SELECT user_id, day, true, cause, at FROM after ORDER BY user_id
),
stored AS (
    INSERT INTO user_streaks AS s
        (user_id, run_first, run_last, last_day, current, longest, active_days, live_days, last_live_day, freezes,
         usual_seconds, due_at, risk_at)
    SELECT user_id, run_first, day, day, current, longest, active_days, live_days, last_live_day, freezes,
           usual_seconds,
           CASE WHEN freezes > 0 AND ends > at THEN ends END,
           CASE WHEN freezes = 0 AND ends > at AND risk_told IS DISTINCT FROM day + 1
                THEN ((day + 1)::timestamp + usual_seconds * interval '1 second') AT TIME ZONE tz END
    FROM after
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET
        run_first = excluded.run_first, run_last = excluded.run_last, last_day = excluded.last_day,
        current = excluded.current, longest = excluded.longest, active_days = excluded.active_days,
        live_days = excluded.live_days, last_live_day = excluded.last_live_day, freezes = excluded.freezes,
        usual_seconds = excluded.usual_seconds, due_at = excluded.due_at, risk_at = excluded.risk_at
)
SELECT user_id, longest_before, longest, active_days_before, active_days,
       CASE WHEN run_last_before >= today - 1 THEN current_before ELSE 0 END AS seen_before,
       CASE WHEN day >= today - 1 THEN current ELSE 0 END AS seen, day,
       CASE WHEN day >= today THEN 'active' WHEN day = today - 1 THEN 'open' ELSE 'none' END AS state
FROM after

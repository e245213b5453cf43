-- Set the streaks of some people to what audit_streaks.sql found right. What is due hangs on them.
-- Params: arrays side by side
--   $1 user ids bigint[]   $2 first days date[], $3 last days date[], $4 last active days date[] of the newest run
--   $5 its length   $6 active days   $7 longest   $8 freezes   all integer[]
WITH given AS (
    SELECT r.*, coalesce(u.tz, 'UTC') AS tz, day_begins(r.run_last + 2, coalesce(u.tz, 'UTC')) AS ends
    FROM unnest($1::bigint[], $2::date[], $3::date[], $4::date[], $5::integer[], $6::integer[], $7::integer[],
                $8::integer[])
             AS r (user_id, run_first, run_last, last_day, current, active_days, longest, freezes)
         LEFT JOIN users AS u ON u.id = r.user_id
)
INSERT INTO user_streaks AS s
    (user_id, run_first, run_last, last_day, current, active_days, longest, freezes, due_at)
SELECT user_id, run_first, run_last, last_day, current, active_days, longest, freezes,
       CASE WHEN freezes > 0 AND ends > now() THEN ends END
FROM given ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE SET
    run_first = excluded.run_first,
    run_last = excluded.run_last,
    last_day = excluded.last_day,
    current = excluded.current,
    active_days = excluded.active_days,
    longest = excluded.longest,
    freezes = excluded.freezes,
    due_at = CASE WHEN (s.run_last, s.freezes) IS DISTINCT FROM (excluded.run_last, excluded.freezes)
                  THEN excluded.due_at ELSE s.due_at END,
    risk_at = CASE WHEN (s.run_last, s.freezes) IS DISTINCT FROM (excluded.run_last, excluded.freezes)
                   THEN NULL ELSE s.risk_at END

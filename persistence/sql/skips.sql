-- Find and remove the days a change of zone swallowed, on and beside days that changed: a day with nothing of its
-- own between two active ones, whose items lie less than 22 hours apart. A freeze spent on it is given back: there was
-- no such day. The people must be locked.
-- Params: arrays side by side: $1 user ids bigint[]   $2 days date[]   $3 at in ms bigint[]
-- Returns (user_id, day, stands, freezes) of the days that are skipped now, or no more; freezes: given back
WITH beside AS MATERIALIZED (
    SELECT c.user_id, c.day + shift AS day, max(c.at) AS at
    FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS c (user_id, day, at), generate_series(-1, 1) AS shift
    GROUP BY c.user_id, c.day + shift
),
judged AS MATERIALIZED (
    SELECT b.user_id, b.day, b.at, d.place, coalesce(d.kept = 'skipped', false) AS skipped,
           coalesce(d.kept = 'frozen', false) AS frozen,
           coalesce(after.first_at - before.last_at < interval '22 hours', false) AS swallowed
    FROM beside AS b
         LEFT JOIN LATERAL (
             SELECT ctid AS place, active, kept FROM streak_days WHERE user_id = b.user_id AND day = b.day LIMIT 1
         ) AS d ON true
         LEFT JOIN LATERAL (
             SELECT last_at FROM streak_days JOIN user_daily_stats USING (user_id, day)
             WHERE user_id = b.user_id AND day = b.day - 1 AND active LIMIT 1
         ) AS before ON true
         LEFT JOIN LATERAL (
             SELECT first_at FROM streak_days JOIN user_daily_stats USING (user_id, day)
             WHERE user_id = b.user_id AND day = b.day + 1 AND active LIMIT 1
         ) AS after ON true
    WHERE d.place IS NULL OR (d.kept IN ('skipped', 'frozen') AND NOT d.active)
),
found AS (
    INSERT INTO streak_days (user_id, day, active, kept, cause, at)
    SELECT user_id, day, false, 'skipped', 'zone', to_timestamp(at::float8 / 1000)
    FROM judged WHERE swallowed AND NOT skipped
    ORDER BY user_id, day
    ON CONFLICT (user_id, day) DO UPDATE SET kept = excluded.kept, cause = excluded.cause, at = excluded.at
),
removed AS (
    DELETE FROM streak_days WHERE ctid = ANY (ARRAY(SELECT place FROM judged WHERE skipped AND NOT swallowed))
)
SELECT user_id, day, swallowed AS stands, frozen::integer AS freezes
FROM judged WHERE skipped <> swallowed AND (swallowed OR NOT frozen)

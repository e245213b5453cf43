-- Check somebody in on a local day, once. To be sent after lock.sql in the same transaction.
-- Params: $1 user id, $2 local day, $3 occurred at in ms, $4 at in ms, $5 whether the day is not over yet
-- Returns nothing for somebody there is not, or who is checked in on that day; else rows of the kinds `user` and `day`
-- of fold.sql, and one of the kind `checkin`: a how many there are of that person now.
WITH fresh AS (
    INSERT INTO checkins (user_id, day, occurred_at, at, live)
    SELECT id, $2::date, to_timestamp($3::bigint::float8 / 1000), to_timestamp($4::bigint::float8 / 1000), $5::boolean
    FROM users WHERE id = $1::bigint
    ON CONFLICT (user_id, day) DO NOTHING
    RETURNING user_id, day, occurred_at, at, live
),
folded_user AS (
    INSERT INTO user_stats AS u (user_id, checkins) SELECT user_id, 1 FROM fresh
    ON CONFLICT (user_id) DO UPDATE SET checkins = u.checkins + 1
    RETURNING user_id, xp, tasks, level, checkins
),
folded_day AS (
    INSERT INTO user_daily_stats AS d (user_id, day, checkins, first_at, last_at)
    SELECT user_id, day, 1, occurred_at, occurred_at FROM fresh
    ON CONFLICT (user_id, day) DO UPDATE SET
        checkins = d.checkins + 1,
        first_at = least(d.first_at, excluded.first_at),
        last_at = greatest(d.last_at, excluded.last_at)
    RETURNING user_id, day, tasks, first_at, last_at
),
standing AS (
    SELECT fresh.*, s.current, s.longest, s.due_at <= fresh.at IS TRUE AS passed,
           s.run_last >= today - 1 IS TRUE AS alive,
           CASE WHEN s.run_last >= today - 1 IS NOT TRUE THEN 'none'
                WHEN s.last_day >= today THEN 'active'
                WHEN s.run_last < today THEN 'open'
                WHEN (SELECT kept FROM streak_days WHERE user_id = fresh.user_id AND day = today) = 'paused'
                THEN 'paused' ELSE 'frozen' END AS state
    FROM fresh
         JOIN users ON users.id = fresh.user_id
         CROSS JOIN LATERAL (SELECT (fresh.at AT TIME ZONE users.tz)::date) AS date (today)
         LEFT JOIN user_streaks AS s ON s.user_id = fresh.user_id
)
SELECT 'user' AS kind, NULL::bigint AS raid_id, s.user_id, (date_part('epoch', s.at) * 1000)::bigint AS a,
       s.passed::integer::bigint AS b, (CASE WHEN s.alive THEN s.current ELSE 0 END)::bigint AS c,
       coalesce(s.longest, 0)::bigint AS d, NULL::date AS day,
       ARRAY[u.xp, u.tasks, u.level, u.xp, u.tasks, u.level, 0]::bigint[] AS numbers, s.state AS body
FROM standing AS s JOIN folded_user AS u USING (user_id)
UNION ALL
SELECT 'day', NULL, s.user_id, (date_part('epoch', s.at) * 1000)::bigint,
       (date_part('epoch', s.occurred_at) * 1000)::bigint, s.live::integer, NULL, s.day, NULL,
       CASE WHEN d.tasks > 0 THEN 'widened' ELSE 'active' END
FROM standing AS s JOIN folded_day AS d USING (user_id)
WHERE d.tasks <= 0 OR s.occurred_at IN (d.first_at, d.last_at)
UNION ALL
SELECT 'checkin', NULL, user_id, checkins, NULL, NULL, NULL, NULL, NULL, NULL FROM folded_user

-- Spend the next freeze of everybody whose midnight has passed on a missed day. The people must be locked.
-- An item of a later day proves that the days before it are over where the person is, whatever their zone says; unless
-- the change of zone swallowed the day.
-- One freeze each: to be sent again until nobody is left. What is settled is not due any more, so a repeat does no harm.
-- Params, side by side: $1 user ids bigint[]   $2 until in ms bigint[]   $3 a day they have reached by then or null date[]
-- Returns user_id, day: the frozen one, at_ms: that midnight, current, longest, again: whether another is due by then
WITH due AS MATERIALIZED (
    SELECT s.user_id, s.run_last + 1 AS day, least(s.due_at, asked.until) AS at, w.reached, s.freezes - 1 AS freezes, s.usual_seconds,
           s.current, s.longest, s.risk_told, coalesce(u.tz, 'UTC') AS tz,
           asked.until
    FROM unnest($1::bigint[], $2::bigint[], $3::date[]) AS w (user_id, until, reached)
         CROSS JOIN LATERAL (SELECT to_timestamp(w.until::float8 / 1000)) AS asked (until)
         CROSS JOIN LATERAL (SELECT * FROM user_streaks WHERE user_id = w.user_id LIMIT 1) AS s
         LEFT JOIN LATERAL (SELECT tz FROM users WHERE id = w.user_id LIMIT 1) AS u ON true
    WHERE s.freezes > 0
      AND (s.due_at <= asked.until
           OR s.due_at IS NOT NULL AND s.run_last + 1 < w.reached AND NOT EXISTS (
               SELECT FROM user_daily_stats AS before JOIN user_daily_stats AS after USING (user_id)
               WHERE before.user_id = w.user_id AND before.day = s.run_last AND s.last_day = s.run_last
                 AND after.day = s.run_last + 2 AND w.reached = after.day
                 AND after.first_at - before.last_at < interval '22 hours'))
),
frozen AS (
    INSERT INTO streak_days (user_id, day, active, kept, cause, at)
    SELECT user_id, day, false, 'frozen', 'freeze', at FROM due ORDER BY user_id
    ON CONFLICT (user_id, day) DO NOTHING
),
reached AS MATERIALIZED (  -- days kept ahead, by a pause, go on from the frozen one
    SELECT due.*, coalesce(tail.day, due.day) AS run_last
    FROM due LEFT JOIN LATERAL (
        SELECT d.day FROM streak_days AS d
        WHERE d.user_id = due.user_id AND d.day > due.day
          AND EXISTS (SELECT FROM streak_days AS e WHERE e.user_id = due.user_id AND e.day = due.day + 1)
          AND NOT EXISTS (SELECT FROM streak_days AS e WHERE e.user_id = d.user_id AND e.day = d.day + 1 OFFSET 0)
        ORDER BY d.day LIMIT 1
    ) AS tail ON true
),
after AS MATERIALIZED (
    SELECT *,
           CASE WHEN freezes > 0 THEN day_begins(run_last + 2, tz) END AS due_at,
           CASE WHEN freezes = 0 AND risk_told IS DISTINCT FROM run_last + 1
                THEN ((run_last + 1)::timestamp + usual_seconds * interval '1 second') AT TIME ZONE tz END AS risk_at
    FROM reached
),
stored AS (
    UPDATE user_streaks AS s
    SET freezes = after.freezes, run_last = after.run_last, due_at = after.due_at, risk_at = after.risk_at
    FROM after WHERE s.user_id = after.user_id AND s.user_id = ANY ($1)
)
SELECT user_id, day, (extract(epoch FROM at) * 1000)::bigint AS at_ms, current, longest,
       coalesce(due_at <= until OR due_at IS NOT NULL AND run_last + 1 < reached, false) AS again
FROM after ORDER BY at, user_id

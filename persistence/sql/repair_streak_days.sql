-- Make the days of some people active where something counts, and not where nothing does.
-- Params: $1 user ids bigint[]
-- Returns how many days changed.
WITH wanted AS MATERIALIZED (
    SELECT user_id, day, tasks, first_at FROM user_daily_stats
    WHERE user_id = ANY ($1::bigint[]) AND (tasks > 0 OR checkins > 0)
      AND EXISTS (SELECT FROM users WHERE id = user_id)
),
made AS (
    INSERT INTO streak_days AS s (user_id, day, active, cause, at)
    SELECT user_id, day, true, CASE WHEN tasks > 0 THEN 'contribution' ELSE 'checkin' END, coalesce(first_at, now())
    FROM wanted ORDER BY user_id, day
    ON CONFLICT (user_id, day) DO UPDATE SET
        active = true,
        kept = CASE WHEN s.kept IN ('paused', 'repaired') THEN s.kept END,
        cause = excluded.cause
        WHERE NOT s.active
    RETURNING user_id
),
unmade AS MATERIALIZED (
    SELECT user_id, day, kept FROM streak_days AS s
    WHERE user_id = ANY ($1::bigint[]) AND active
      AND NOT EXISTS (SELECT FROM wanted AS w WHERE w.user_id = s.user_id AND w.day = s.day)
),
gone AS (
    DELETE FROM streak_days AS s USING unmade AS u
    WHERE s.user_id = u.user_id AND s.day = u.day AND coalesce(u.kept, 'skipped') = 'skipped'
    RETURNING s.user_id
),
kept AS (
    UPDATE streak_days AS s
    SET active = false,
        cause = CASE u.kept WHEN 'paused' THEN 'pause' WHEN 'repaired' THEN 'repair' ELSE 'freeze' END
    FROM unmade AS u
    WHERE s.user_id = u.user_id AND s.day = u.day AND u.kept <> 'skipped'
    RETURNING s.user_id
)
SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)

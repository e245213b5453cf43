-- Set the skipped days of some people anew. To be sent after repair_streak_days.sql.
-- Params: $1 user ids bigint[]
WITH swallowed AS MATERIALIZED (
    SELECT user_id, day + 1 AS day, next_at AS at
    FROM (
        SELECT user_id, day, last_at, lead(day) OVER person AS next_day, lead(first_at) OVER person AS next_at
        FROM user_daily_stats
        WHERE user_id = ANY ($1::bigint[]) AND (tasks > 0 OR checkins > 0)
          AND EXISTS (SELECT FROM users WHERE id = user_id)
        WINDOW person AS (PARTITION BY user_id ORDER BY day)
    ) AS item
    WHERE next_day = day + 2 AND next_at - last_at < interval '22 hours'
),
gone AS (
    DELETE FROM streak_days AS s
    WHERE user_id = ANY ($1::bigint[]) AND kept = 'skipped' AND NOT active
      AND NOT EXISTS (SELECT FROM swallowed AS w WHERE w.user_id = s.user_id AND w.day = s.day)
)
INSERT INTO streak_days (user_id, day, active, kept, cause, at)
SELECT user_id, day, false, 'skipped', 'zone', at FROM swallowed ORDER BY user_id, day
ON CONFLICT DO NOTHING

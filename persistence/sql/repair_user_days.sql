-- Set the sums and the times of some people's local days anew.
-- Params: $1 user ids bigint[]
WITH counted AS (
    SELECT user_id, day, sum(xp) AS xp, sum(tasks) AS tasks, sum(checkins) AS checkins,
           min(occurred_at) AS first_at, max(occurred_at) AS last_at, max(at) FILTER (WHERE xp <> 0) AS reached_at
    FROM (
        SELECT user_id, day, xp, 1 AS tasks, 0 AS checkins, occurred_at, created_at AS at
        FROM contributions WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, day, -xp, -1, 0, NULL, voided_at
        FROM contribution_voids WHERE user_id = ANY ($1::bigint[]) AND folded
        UNION ALL
        SELECT user_id, day, 0, 0, 1, occurred_at, NULL FROM checkins WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, day, 0, 0, 0, NULL, NULL FROM user_daily_stats WHERE user_id = ANY ($1::bigint[])
    ) AS one
    GROUP BY user_id, day
)
INSERT INTO user_daily_stats AS d (user_id, day, xp, tasks, checkins, first_at, last_at, reached_at, changes)
SELECT user_id, day, xp, tasks, checkins, first_at, last_at, reached_at, 1 FROM counted ORDER BY user_id, day
ON CONFLICT (user_id, day) DO UPDATE SET
    xp = excluded.xp,
    tasks = excluded.tasks,
    checkins = excluded.checkins,
    first_at = excluded.first_at,
    last_at = excluded.last_at,
    reached_at = CASE WHEN d.xp = excluded.xp THEN d.reached_at ELSE excluded.reached_at END,
    changes = d.changes + (d.xp <> excluded.xp)::integer
WHERE (d.xp, d.tasks, d.checkins, d.first_at, d.last_at)
      IS DISTINCT FROM (excluded.xp, excluded.tasks, excluded.checkins, excluded.first_at, excluded.last_at)

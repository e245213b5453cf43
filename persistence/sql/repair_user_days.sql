-- Set the sums of some people's local days anew.
-- Params: $1 user ids bigint[]
WITH counted AS (
    SELECT user_id, day, sum(xp) AS xp, sum(tasks) AS tasks
    FROM (
        SELECT user_id, day, xp, 1 AS tasks FROM contributions WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, day, -xp, -1 FROM contribution_voids WHERE user_id = ANY ($1::bigint[]) AND folded
        UNION ALL
        SELECT user_id, day, 0, 0 FROM user_daily_stats WHERE user_id = ANY ($1::bigint[])
    ) AS one
    GROUP BY user_id, day
)
INSERT INTO user_daily_stats AS d (user_id, day, xp, tasks)
SELECT user_id, day, xp, tasks FROM counted ORDER BY user_id, day
ON CONFLICT (user_id, day) DO UPDATE SET xp = excluded.xp, tasks = excluded.tasks

-- Set the sums of some people anew.
-- Params: $1 user ids bigint[]
WITH counted AS (
    SELECT user_id, sum(xp) AS xp, sum(tasks) AS tasks
    FROM (
        SELECT user_id, xp, 1 AS tasks FROM contributions WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, -xp, -1 FROM contribution_voids WHERE user_id = ANY ($1::bigint[]) AND folded
        UNION ALL
        SELECT user_id, 0, 0 FROM user_stats WHERE user_id = ANY ($1::bigint[])  -- nothing left: zero
    ) AS one
    GROUP BY user_id
)
INSERT INTO user_stats AS u (user_id, xp, tasks)
SELECT user_id, xp, tasks FROM counted ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE SET xp = excluded.xp, tasks = excluded.tasks

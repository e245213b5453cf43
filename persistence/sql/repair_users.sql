-- Set the sums of some people anew, but for what hangs on their achievements.
-- Params: $1 user ids bigint[]
WITH counted AS (
    SELECT user_id, sum(xp) AS xp, sum(tasks) AS tasks, sum(checkins) AS checkins, sum(completed) AS completed,
           sum(led) AS led
    FROM (
        SELECT user_id, xp, 1 AS tasks, 0 AS checkins, 0 AS completed, 0 AS led
        FROM contributions WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, -xp, -1, 0, 0, 0 FROM contribution_voids WHERE user_id = ANY ($1::bigint[]) AND folded
        UNION ALL
        SELECT user_id, 0, 0, 1, 0, 0 FROM checkins WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, 0, 0, 0, 1, led::integer FROM raid_completions WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, 0, 0, 0, 0, 0 FROM user_achievement_rewards WHERE user_id = ANY ($1::bigint[])
        UNION ALL
        SELECT user_id, 0, 0, 0, 0, 0 FROM user_stats WHERE user_id = ANY ($1::bigint[])  -- nothing left: zero
    ) AS one
    GROUP BY user_id
)
INSERT INTO user_stats AS u (user_id, xp, tasks, checkins, raids_completed, raids_led)
SELECT user_id, xp, tasks, checkins, completed, led FROM counted ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE SET
    xp = excluded.xp,
    tasks = excluded.tasks,
    checkins = excluded.checkins,
    raids_completed = excluded.raids_completed,
    raids_led = excluded.raids_led

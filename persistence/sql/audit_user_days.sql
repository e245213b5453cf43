-- The sums of people's local days against their contributions minus their voids.
-- Params: $1 users above this id, $2 up to this one
WITH counted AS (
    SELECT user_id, day, sum(xp) AS xp, sum(tasks) AS tasks
    FROM (
        SELECT user_id, day, xp, 1 AS tasks FROM contributions WHERE user_id > $1 AND user_id <= $2
        UNION ALL
        SELECT user_id, day, -xp, -1 FROM contribution_voids WHERE user_id > $1 AND user_id <= $2 AND folded
    ) AS one
    GROUP BY user_id, day
),
compared AS (
    SELECT user_id, day, d.user_id IS NULL AS lacking,
           format('xp=%s tasks=%s', coalesce(c.xp, 0), coalesce(c.tasks, 0)) AS expected,
           format('xp=%s tasks=%s', d.xp, d.tasks) AS found
    FROM (SELECT * FROM user_daily_stats WHERE user_id > $1 AND user_id <= $2) AS d
         FULL JOIN counted AS c USING (user_id, day)
)
SELECT CASE WHEN lacking THEN 'user_day_missing' ELSE 'user_day' END AS kind, user_id AS owner,
       format('user %s day %s', user_id, day) AS place, expected,
       CASE WHEN lacking THEN 'no row' ELSE found END AS found
FROM compared WHERE lacking OR expected <> found ORDER BY user_id, day

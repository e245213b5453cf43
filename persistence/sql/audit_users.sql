-- The sums of people against their contributions minus their voids.
-- Params: $1 users above this id, $2 up to this one
WITH counted AS (
    SELECT user_id, sum(xp) AS xp, sum(tasks) AS tasks
    FROM (
        SELECT user_id, xp, 1 AS tasks FROM contributions WHERE user_id > $1 AND user_id <= $2
        UNION ALL
        SELECT user_id, -xp, -1 FROM contribution_voids WHERE user_id > $1 AND user_id <= $2 AND folded
    ) AS one
    GROUP BY user_id
),
compared AS (
    SELECT user_id, s.user_id IS NULL AS lacking,
           format('xp=%s tasks=%s', coalesce(c.xp, 0), coalesce(c.tasks, 0)) AS expected,
           format('xp=%s tasks=%s', s.xp, s.tasks) AS found
    FROM (SELECT * FROM user_stats WHERE user_id > $1 AND user_id <= $2) AS s FULL JOIN counted AS c USING (user_id)
)
SELECT CASE WHEN lacking THEN 'user_stats_missing' ELSE 'user_stats' END AS kind, user_id AS owner,
       'user ' || user_id AS place, expected, CASE WHEN lacking THEN 'no row' ELSE found END AS found
FROM compared WHERE lacking OR expected <> found ORDER BY user_id

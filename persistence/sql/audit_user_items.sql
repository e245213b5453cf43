-- What people's local days say of check-ins and of times against check-ins and contributions, voided ones too.
-- Times only of days whose contributions are all there: the month of some may be detached.
-- Not of people who are no more: what was theirs alone went with them.
-- Params: $1 users above this id, $2 up to this one
WITH counted AS (
    SELECT user_id, day, sum(checkins) AS checkins, sum(tasks) AS tasks,
           min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM (
        SELECT user_id, day, 0 AS checkins, 1 AS tasks, occurred_at FROM contributions
        WHERE user_id > $1 AND user_id <= $2
        UNION ALL
        SELECT user_id, day, 0, -1, NULL FROM contribution_voids WHERE user_id > $1 AND user_id <= $2 AND folded
        UNION ALL
        SELECT user_id, day, 1, 0, occurred_at FROM checkins WHERE user_id > $1 AND user_id <= $2
    ) AS one
    GROUP BY user_id, day
),
compared AS (
    SELECT user_id, day, coalesce(c.checkins, 0) AS checkins, coalesce(d.checkins, 0) AS told,
           coalesce(c.tasks, 0) = coalesce(d.tasks, 0) AS whole,
           format('first=%s last=%s', c.first_at, c.last_at) AS expected,
           format('first=%s last=%s', d.first_at, d.last_at) AS found
    FROM (SELECT * FROM user_daily_stats WHERE user_id > $1 AND user_id <= $2) AS d
         FULL JOIN counted AS c USING (user_id, day)
    WHERE EXISTS (SELECT FROM users WHERE id = user_id)
)
SELECT 'user_day_checkins' AS kind, user_id AS owner, format('user %s day %s', user_id, day) AS place,
       checkins::text AS expected, told::text AS found
FROM compared WHERE checkins <> told
UNION ALL
SELECT 'user_day_times', user_id, format('user %s day %s', user_id, day), expected, found
FROM compared WHERE whole AND expected <> found
ORDER BY 2, 3, 1

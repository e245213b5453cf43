-- The sums of members against their contributions minus their voids, and members of no raid.
-- Params: $1 raids above this id, $2 up to this one
WITH counted AS (
    SELECT raid_id, user_id, sum(xp) AS xp, sum(tasks) AS tasks
    FROM (
        SELECT raid_id, user_id, xp, 1 AS tasks FROM contributions WHERE raid_id > $1 AND raid_id <= $2
        UNION ALL
        SELECT raid_id, user_id, -xp, -1 FROM contribution_voids
        WHERE raid_id > $1 AND raid_id <= $2 AND folded
    ) AS one
    GROUP BY raid_id, user_id
),
compared AS (
    SELECT raid_id, user_id, m.user_id IS NULL AS lacking,
           format('xp=%s tasks=%s', coalesce(c.xp, 0), coalesce(c.tasks, 0)) AS expected,
           format('xp=%s tasks=%s', m.xp, m.tasks) AS found
    FROM (SELECT * FROM raid_members WHERE raid_id > $1 AND raid_id <= $2) AS m
         FULL JOIN counted AS c USING (raid_id, user_id)
)
SELECT CASE WHEN lacking THEN 'member_missing' ELSE 'member_totals' END AS kind, raid_id AS owner,
       format('raid %s user %s', raid_id, user_id) AS place, expected,
       CASE WHEN lacking THEN 'no row' ELSE found END AS found
FROM compared WHERE lacking OR expected <> found
UNION ALL
SELECT 'member_of_no_raid', raid_id, format('raid %s user %s', raid_id, user_id), 'no row', coalesce(state, 'a shell')
FROM raid_members AS m
WHERE raid_id > $1 AND raid_id <= $2 AND NOT EXISTS (SELECT FROM raids AS r WHERE r.id = m.raid_id)
UNION ALL
SELECT 'member_shell', raid_id, format('raid %s user %s', raid_id, user_id), 'a join', 'none'
FROM raid_members AS m
WHERE raid_id > $1 AND raid_id <= $2 AND state IS NULL
ORDER BY 2, 3, 1

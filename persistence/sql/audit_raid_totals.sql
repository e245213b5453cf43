-- The sums of raids against their contributions minus their voids.
-- Params: $1 raids above this id, $2 up to this one
-- Returns (kind, owner, place, expected, found), as all of audit_*.sql do.
WITH counted AS (
    SELECT raid_id, sum(xp) AS xp, sum(tasks) AS tasks, sum(contributions) AS contributions
    FROM (
        SELECT raid_id, xp, 1 AS tasks, 1 AS contributions FROM contributions
        WHERE raid_id > $1 AND raid_id <= $2
        UNION ALL
        SELECT raid_id, -xp, -1, 0 FROM contribution_voids WHERE raid_id > $1 AND raid_id <= $2 AND folded
    ) AS one
    GROUP BY raid_id
),
compared AS (
    SELECT coalesce(r.id, c.raid_id) AS raid_id, r.id IS NULL AS lacking,
           format('xp=%s tasks=%s contributions=%s', coalesce(c.xp, 0), coalesce(c.tasks, 0),
                  coalesce(c.contributions, 0)) AS expected,
           format('xp=%s tasks=%s contributions=%s', r.current_xp, r.current_tasks, r.contribution_count) AS found
    FROM (SELECT * FROM raids WHERE id > $1 AND id <= $2) AS r FULL JOIN counted AS c ON c.raid_id = r.id
)
SELECT CASE WHEN lacking THEN 'raid_missing' ELSE 'raid_totals' END AS kind, raid_id AS owner,
       'raid ' || raid_id AS place, expected, CASE WHEN lacking THEN 'no row' ELSE found END AS found
FROM compared WHERE lacking OR expected <> found ORDER BY raid_id

-- Who completed a raid against the members of those that are completed, unless a job is still at it.
-- People who are no more may be counted or not.
-- Nobody leaves a raid that has ended, so whoever is a member was one then.
-- Params: $1 raids above this id, $2 up to this one
WITH wanted AS (
    SELECT m.raid_id, m.user_id, m.user_id IS NOT DISTINCT FROM r.leader_id AS led
    FROM raids AS r JOIN raid_members AS m ON m.raid_id = r.id AND m.state = 'member'
    WHERE r.id > $1 AND r.id <= $2 AND r.status = 'completed'
),
open AS (
    SELECT (params ->> 'raidId')::bigint AS raid_id FROM jobs
    WHERE state IN ('waiting', 'running') AND kind = 'raid_completed'
),
compared AS (
    SELECT raid_id, user_id, w.led AS wanted, c.led AS held
    FROM wanted AS w
         FULL JOIN (SELECT * FROM raid_completions WHERE raid_id > $1 AND raid_id <= $2) AS c USING (raid_id, user_id)
)
SELECT 'raid_completion' AS kind, raid_id AS owner, format('raid %s user %s', raid_id, user_id) AS place,
       CASE wanted WHEN true THEN 'led' WHEN false THEN 'completed' ELSE 'no row' END AS expected,
       CASE held WHEN true THEN 'led' WHEN false THEN 'completed' ELSE 'no row' END AS found
FROM compared
WHERE wanted IS DISTINCT FROM held AND raid_id NOT IN (SELECT raid_id FROM open)
  AND EXISTS (SELECT FROM users WHERE id = user_id)
ORDER BY raid_id, user_id

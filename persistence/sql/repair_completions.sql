-- Set anew who completed some raids. What hangs on these rows is mended with the people.
-- Params: $1 raid ids bigint[]
WITH wanted AS MATERIALIZED (
    SELECT m.raid_id, m.user_id, m.user_id IS NOT DISTINCT FROM r.leader_id AS led,
           coalesce(r.ended_at, r.last_at) AS ended_at
    FROM raids AS r JOIN raid_members AS m ON m.raid_id = r.id AND m.state = 'member'
    WHERE r.id = ANY ($1::bigint[]) AND r.status = 'completed'
      AND EXISTS (SELECT FROM users AS u WHERE u.id = m.user_id)
      AND NOT EXISTS (
        SELECT FROM jobs WHERE state IN ('waiting', 'running') AND kind = 'raid_completed'
        AND (params ->> 'raidId')::bigint = r.id)
),
gone AS (
    DELETE FROM raid_completions AS c USING raids AS r
    WHERE c.raid_id = ANY ($1::bigint[]) AND r.id = c.raid_id
      AND (r.status <> 'completed' OR NOT EXISTS (
        SELECT FROM raid_members AS m
        WHERE m.raid_id = c.raid_id AND m.user_id = c.user_id AND m.state = 'member'))
)
INSERT INTO raid_completions AS c (raid_id, user_id, led, completed_at)
SELECT raid_id, user_id, led, ended_at FROM wanted ORDER BY raid_id, user_id
ON CONFLICT (raid_id, user_id) DO UPDATE SET led = excluded.led WHERE c.led <> excluded.led

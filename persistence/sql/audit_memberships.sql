-- Who is in a raid against the newest join, renaming or leaving of each person.
-- Params: $1 raids above this id, $2 up to this one
WITH newest AS (
    SELECT DISTINCT ON (raid_id, user_id) raid_id, (entry ->> 'user_id')::bigint AS user_id,
           CASE WHEN event <> 'member_leave' THEN 'member'
                WHEN (entry ->> 'removed')::boolean THEN 'removed' ELSE 'left' END AS state
    FROM raid_events
    WHERE raid_id > $1 AND raid_id <= $2 AND (event IN ('member_join', 'member_leave') OR event = 'member_update' AND entry ? 'username')
    ORDER BY raid_id, user_id, epoch DESC, seq DESC
)
SELECT 'membership' AS kind, raid_id AS owner, format('raid %s user %s', raid_id, user_id) AS place,
       n.state AS expected, coalesce(m.state, 'nothing') AS found
FROM newest AS n LEFT JOIN raid_members AS m USING (raid_id, user_id)
WHERE m.state IS DISTINCT FROM n.state
UNION ALL
-- Whoever has no such entry can only be the one who created the raid.
SELECT 'membership', m.raid_id, format('raid %s user %s', m.raid_id, m.user_id), 'a join', m.state
FROM raid_members AS m LEFT JOIN newest AS n USING (raid_id, user_id)
WHERE m.raid_id > $1 AND m.raid_id <= $2 AND m.state IS NOT NULL AND n.user_id IS NULL AND m.seq > 0
ORDER BY 2, 3

-- The raids somebody is or was in, a page.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object(
           'raidId', m.raid_id, 'title', r.title, 'status', r.status, 'membership', m.state, 'username', m.username,
           'leads', coalesce(r.leader_id = m.user_id, false), 'xpContributed', m.xp, 'tasksContributed', m.tasks,
           'joinedAt', to_char(m.joined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text AS body,
       ARRAY[m.raid_id::text] AS place
FROM raid_members AS m JOIN raids AS r ON r.id = m.raid_id
WHERE m.user_id = $1 AND m.raid_id > coalesce(($2::text[])[1]::bigint, 0)
ORDER BY m.raid_id LIMIT $3

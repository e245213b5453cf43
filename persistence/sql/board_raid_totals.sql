-- A page of what people have on a raid's board: all who contributed, also those who left.
-- Params: $1 raid id, $2 people above this id, $3 limit
SELECT m.user_id, coalesce((SELECT name FROM users WHERE id = m.user_id), '') AS name, m.xp, m.changes AS version,
       coalesce((extract(epoch FROM m.reached_at) * 1000)::bigint, 0) AS reached_ms
FROM raid_members AS m
WHERE m.raid_id = $1 AND m.user_id > $2
ORDER BY m.user_id LIMIT $3

-- The raids somebody is in that have not ended, newest first.
-- Params: $1 user id, $2 limit
SELECT m.raid_id FROM raid_members AS m JOIN raids AS r ON r.id = m.raid_id
WHERE m.user_id = $1 AND m.state = 'member' AND r.status IN ('recruiting', 'active')
ORDER BY m.raid_id DESC LIMIT $2

-- The raids that know somebody, by id, and whether they can still be left.
-- Params: $1 user id, $2 those above this id, $3 limit
SELECT m.raid_id, m.state = 'member' AND r.status IN ('recruiting', 'active') AS is_in
FROM raid_members AS m JOIN raids AS r ON r.id = m.raid_id
WHERE m.user_id = $1 AND m.raid_id > $2
ORDER BY m.raid_id LIMIT $3

-- Remove the members of raids that are not.
-- Params: $1 raid ids bigint[]
DELETE FROM raid_members AS m
WHERE raid_id = ANY ($1::bigint[]) AND NOT EXISTS (SELECT FROM raids AS r WHERE r.id = m.raid_id)

-- Remove members of raids that are not, and shells that nothing was ever counted for.
-- Params: $1 raid ids bigint[]
DELETE FROM raid_members AS m
WHERE raid_id = ANY ($1::bigint[])
  AND (NOT EXISTS (SELECT FROM raids AS r WHERE r.id = m.raid_id)
       OR (state IS NULL AND xp = 0 AND tasks = 0
           AND NOT EXISTS (SELECT FROM contributions AS c WHERE c.raid_id = m.raid_id AND c.user_id = m.user_id)))

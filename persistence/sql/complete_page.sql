-- The next members of a completed raid, by user id.
-- Params: $1 raid id, $2 only above this user id, $3 limit
-- Returns (user_id)
SELECT user_id FROM raid_members
WHERE raid_id = $1 AND user_id > $2 AND state = 'member'
ORDER BY user_id LIMIT $3

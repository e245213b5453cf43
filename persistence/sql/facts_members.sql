-- The members of these raids, those who left and shells included.
-- Params: $1 raid ids bigint[]
SELECT raid_id, user_id, state, username, (extract(epoch FROM joined_at) * 1000)::bigint AS joined_at_ms, xp, tasks
FROM raid_members WHERE raid_id = ANY ($1::bigint[]) ORDER BY raid_id, joined_at, user_id

-- Everybody a raid knows of, those who left and shells included, by time of joining.
-- Params: $1 raid id
SELECT user_id, state, username, (extract(epoch FROM joined_at) * 1000)::bigint AS joined_at_ms, xp, tasks
FROM raid_members WHERE raid_id = $1 ORDER BY joined_at, user_id

-- A person as they see themselves: who they are, and what they have reached.
-- Params: $1 user id
-- xp is what their contributions and their rewards brought: the level hangs on both.
SELECT u.id, u.name, u.tz, (extract(epoch FROM u.created_at) * 1000)::bigint AS created_at_ms,
       coalesce(s.xp + s.reward_xp, 0) AS xp, coalesce(s.credits, 0) AS credits, coalesce(s.level, 1) AS level
FROM users AS u LEFT JOIN user_stats AS s ON s.user_id = u.id
WHERE u.id = $1

-- All achievements as one person sees them: by position, then name, and when they unlocked each.
-- Params: $1 user id
SELECT a.id, a.name, a.description, a.category, a.group_name, a.tier, a.metric, a.threshold, a.reward_xp,
       a.reward_credits, a.secret, a.icon, a.position, (extract(epoch FROM a.created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM a.updated_at) * 1000)::bigint AS updated_at_ms,
       (extract(epoch FROM had.unlocked_at) * 1000)::bigint AS unlocked_at_ms
FROM achievements AS a LEFT JOIN user_achievements AS had ON had.user_id = $1 AND had.achievement_id = a.id
ORDER BY a.position, a.name, a.id

-- One achievement, and whether somebody has unlocked it.
-- Params: $1 achievement id, $2 user id or null
SELECT a.id, a.name, a.description, a.category, a.group_name, a.tier, a.metric, a.threshold, a.reward_xp,
       a.reward_credits, a.secret, a.icon, a.position, (extract(epoch FROM a.created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM a.updated_at) * 1000)::bigint AS updated_at_ms,
       EXISTS (SELECT FROM user_achievements AS had
               WHERE had.user_id = $2 AND had.achievement_id = a.id AND had.unlocked_at IS NOT NULL) AS unlocked
FROM achievements AS a WHERE a.id = $1

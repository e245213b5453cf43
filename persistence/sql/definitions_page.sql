-- Achievements by position, then name, and whether somebody has unlocked each.
-- Params: $1 user id or null, $2 only behind this achievement, by id, or null, $3 limit
SELECT a.id, a.name, a.description, a.category, a.group_name, a.tier, a.metric, a.threshold, a.reward_xp,
       a.reward_credits, a.secret, a.icon, a.position, (extract(epoch FROM a.created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM a.updated_at) * 1000)::bigint AS updated_at_ms,
       EXISTS (SELECT FROM user_achievements AS had
               WHERE had.user_id = $1 AND had.achievement_id = a.id AND had.unlocked_at IS NOT NULL) AS unlocked
FROM achievements AS a
WHERE $2::bigint IS NULL
   OR (a.position, a.name, a.id) > (SELECT last.position, last.name, last.id FROM achievements AS last WHERE last.id = $2)
ORDER BY a.position, a.name, a.id
LIMIT $3

-- How far somebody is with an achievement.
-- Params: $1 user id, $2 achievement id
SELECT user_id, achievement_id, (extract(epoch FROM unlocked_at) * 1000)::bigint AS unlocked_at_ms,
       metadata::text AS metadata, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms
FROM user_achievements
WHERE user_id = $1 AND achievement_id = $2 AND EXISTS (SELECT FROM achievements WHERE id = $2)

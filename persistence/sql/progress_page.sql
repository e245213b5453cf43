-- How far somebody is with everything, by achievement id.
-- Params: $1 user id, $2 whether only what is unlocked, $3 only above this achievement id, $4 limit
SELECT user_id, achievement_id, (extract(epoch FROM unlocked_at) * 1000)::bigint AS unlocked_at_ms,
       metadata::text AS metadata, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms
FROM user_achievements AS u
WHERE user_id = $1 AND achievement_id > $3 AND (NOT $2::boolean OR unlocked_at IS NOT NULL)
  AND EXISTS (SELECT FROM achievements WHERE id = u.achievement_id)
ORDER BY achievement_id
LIMIT $4

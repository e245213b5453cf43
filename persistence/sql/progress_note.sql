-- Note how far somebody is with an achievement. When it was unlocked stays.
-- Params: $1 user id, $2 achievement id, $3 metadata as JSON text
-- Returns the row, or nothing where there is no such person or no such achievement.
WITH person AS (
    SELECT id FROM users WHERE id = $1 FOR KEY SHARE
),
definition AS (
    SELECT id FROM achievements WHERE id = $2 FOR KEY SHARE
)
INSERT INTO user_achievements AS u (user_id, achievement_id, metadata, cause)
SELECT person.id, definition.id, $3::jsonb, 'caller' FROM person, definition
ON CONFLICT (user_id, achievement_id) DO UPDATE SET metadata = excluded.metadata, updated_at = now()
RETURNING user_id, achievement_id, (extract(epoch FROM unlocked_at) * 1000)::bigint AS unlocked_at_ms,
       metadata::text AS metadata, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms

-- Whether there is such an achievement.
-- Params: $1 achievement id
SELECT id FROM achievements WHERE id = $1

-- Make an achievement. Its group is one of its own where none is given.
-- Params: $1 name, $2 description, $3 category, $4 group, $5 tier, $6 metric, $7 threshold, $8 reward XP,
--   $9 reward credits, $10 secret, $11 icon, $12 position
WITH given AS (
    SELECT nextval(pg_get_serial_sequence('achievements', 'id')) AS id
)
INSERT INTO achievements (id, name, description, category, group_name, tier, metric, threshold, reward_xp,
                          reward_credits, secret, icon, position)
SELECT id, $1, $2, $3, coalesce($4, 'achievement-' || id), $5, $6, $7, $8, $9, $10, $11, $12 FROM given
RETURNING id, name, description, category, group_name, tier, metric, threshold, reward_xp, reward_credits, secret, icon,
       position, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms

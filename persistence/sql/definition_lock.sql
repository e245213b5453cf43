-- One achievement, and nobody else changes or deletes it now. Who unlocks it does not wait.
-- Params: $1 achievement id
SELECT id, name, description, category, group_name, tier, metric, threshold, reward_xp, reward_credits, secret, icon,
       position, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms
FROM achievements WHERE id = $1 FOR NO KEY UPDATE

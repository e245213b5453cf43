-- Set all of an achievement. Where its metric or threshold changes, nobody knows any more who should have it.
-- Params: $1 name, $2 description, $3 category, $4 group, $5 tier, $6 metric, $7 threshold, $8 reward XP,
--   $9 reward credits, $10 secret, $11 icon, $12 position, $13 achievement id
UPDATE achievements SET
    name = $1, description = $2, category = $3, group_name = coalesce($4, 'achievement-' || id), tier = $5,
    metric = $6, threshold = $7, reward_xp = $8, reward_credits = $9, secret = $10, icon = $11, position = $12,
    complete_since = CASE WHEN (metric, threshold) IS NOT DISTINCT FROM ($6, $7) THEN complete_since END,
    -- Never the same twice: a recompute tells by it whether it saw one definition all along.
    updated_at = greatest(now(), updated_at + interval '1 microsecond')
WHERE id = $13
RETURNING id, name, description, category, group_name, tier, metric, threshold, reward_xp, reward_credits, secret, icon,
       position, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms

-- Note that everybody past the threshold has an achievement, unless it changed since the recompute began.
-- Params: $1 achievement id, $2 version, see recompute_due.sql
UPDATE achievements SET complete_since = now()
WHERE id = $1 AND (extract(epoch FROM updated_at) * 1000000)::bigint = $2

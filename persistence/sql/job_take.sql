-- An open job that nobody works at just now, for as long as the transaction lasts: the one that waited longest.
-- Params: $1 kinds we know, $2 only this one, or null
SELECT id, kind, params::text AS params, state, place, result::text AS result, error,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms,
       (extract(epoch FROM finished_at) * 1000)::bigint AS finished_at_ms
FROM jobs
WHERE state IN ('waiting', 'running') AND kind = ANY ($1::text[]) AND ($2::bigint IS NULL OR id = $2)
ORDER BY updated_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED

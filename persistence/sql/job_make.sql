-- Have something done in pages.
-- Params: $1 kind, $2 params as JSON text
INSERT INTO jobs (kind, params) SELECT $1::text, $2::jsonb WHERE $1 IS NOT NULL
RETURNING id, kind, params::text AS params, state, place, result::text AS result, error,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms,
       (extract(epoch FROM finished_at) * 1000)::bigint AS finished_at_ms

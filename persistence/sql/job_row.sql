-- One job.
-- Params: $1 job id
SELECT id, kind, params::text AS params, state, place, result::text AS result, error,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at_ms,
       (extract(epoch FROM finished_at) * 1000)::bigint AS finished_at_ms
FROM jobs WHERE id = $1

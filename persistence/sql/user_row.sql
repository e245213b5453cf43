-- One user.
-- Params: $1 user id
SELECT id, name, tz, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms FROM users WHERE id = $1

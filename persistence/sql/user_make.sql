-- Make a user with one identity; fails as a whole where somebody else has just made it.
-- Params: $1 provider, $2 subject, $3 name, $4 tz
WITH made AS (
    INSERT INTO users (name, tz) VALUES ($3, $4) RETURNING id, name, tz, created_at
),
identity AS (
    INSERT INTO identities (provider, subject, user_id) SELECT $1, $2, id FROM made
)
SELECT id, name, tz, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms FROM made

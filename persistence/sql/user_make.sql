-- Make a user with one identity; fails as a whole where somebody else has just made it, or where Postgres has no rules
-- of the zone: every batch with something of theirs would fail for it.
-- Params: $1 provider, $2 subject, $3 name, $4 tz
WITH made AS (
    INSERT INTO users (name, tz) SELECT $3, $4 WHERE now() AT TIME ZONE $4::text IS NOT NULL
    RETURNING id, name, tz, created_at
),
identity AS (
    INSERT INTO identities (provider, subject, user_id) SELECT $1, $2, id FROM made
)
SELECT id, name, tz, (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms FROM made

-- Give a person another name or zone, and leave word of it for everybody who remembers their sessions.
-- The user must be locked. Returns nothing where the person is no more, fails where Postgres has no rules of the zone.
-- Params: $1 user id, $2 name or null, $3 tz or null
WITH changed AS (
    UPDATE users SET name = coalesce($2, name), tz = coalesce($3, tz)
    WHERE id = $1 AND ($3::text IS NULL OR now() AT TIME ZONE $3::text IS NOT NULL)
    RETURNING id
),
told AS (
    INSERT INTO outbox (topic, payload)
    SELECT 'person_changed', jsonb_build_object('userId', id, 'tokenHashes', (
        SELECT coalesce(jsonb_agg(token_hash), '[]') FROM sessions WHERE user_id = $1 AND expires_at > now()))
    FROM changed
    RETURNING id, topic, payload::text AS payload
)
SELECT id, topic, payload FROM told

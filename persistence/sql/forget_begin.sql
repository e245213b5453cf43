-- Somebody goes: no way leads to them any more. Their identities are free: whoever signs in with one of them from now
-- on is somebody new. The user must be locked.
-- Params: $1 user id
-- Returns the outbox rows that end their sessions.
WITH noted AS (
    INSERT INTO forgotten (user_id) SELECT id FROM users WHERE id = $1 ON CONFLICT DO NOTHING
),
gone AS (
    DELETE FROM users WHERE id = $1
),
ended AS (
    DELETE FROM sessions WHERE user_id = $1 RETURNING token_hash
)
INSERT INTO outbox (topic, payload)
SELECT 'session_revoked', jsonb_build_object('tokenHash', token_hash) FROM ended
RETURNING id, topic, payload::text AS payload

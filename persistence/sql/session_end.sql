-- End a session and leave word of it; returns nothing where there was none.
-- Params: $1 token hash
WITH ended AS (
    DELETE FROM sessions WHERE token_hash = $1 RETURNING token_hash
)
INSERT INTO outbox (topic, payload)
SELECT 'session_revoked', jsonb_build_object('tokenHash', token_hash) FROM ended
RETURNING id, topic, payload::text AS payload

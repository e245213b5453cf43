-- The user an identity leads to.
-- Params: $1 provider, $2 subject
SELECT u.id, u.name, u.tz, (extract(epoch FROM u.created_at) * 1000)::bigint AS created_at_ms
FROM identities AS i JOIN users AS u ON u.id = i.user_id WHERE i.provider = $1 AND i.subject = $2

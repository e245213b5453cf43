-- A session that has not ended, with its user.
-- Params: $1 token hash
SELECT u.id, u.name, u.tz, (extract(epoch FROM u.created_at) * 1000)::bigint AS created_at_ms, s.scopes,
       s.expires_at
FROM sessions AS s JOIN users AS u ON u.id = s.user_id
WHERE s.token_hash = $1 AND s.expires_at > now()

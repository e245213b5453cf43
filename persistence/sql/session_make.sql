-- Begin a session.
-- Params: $1 token hash, $2 user id, $3 scopes text[], $4 when it ends
INSERT INTO sessions (token_hash, user_id, scopes, expires_at) VALUES ($1, $2, $3, $4)

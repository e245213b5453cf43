-- Begin a session.
-- Params: $1 token hash, $2 user id, $3 scopes text[], $4 end in milliseconds since 1970
INSERT INTO sessions (token_hash, user_id, scopes, expires_at)
VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000))

-- The next people to be looked at, by id ascending, without keeping anybody waiting.
-- Params: $1 only above this user id, $2 up to this one, $3 limit
SELECT id FROM users WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3

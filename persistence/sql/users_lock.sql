-- Lock people before anything of theirs is written, by id ascending, the order of everybody.
-- Params: $1 user ids bigint[]
-- Returns the ids of those who exist.
SELECT id FROM users WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE

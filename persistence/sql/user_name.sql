-- What somebody is called now; nothing where they are no more.
-- Params: $1 user id
SELECT name FROM users WHERE id = $1

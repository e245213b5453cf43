-- Every raid's id, ascending.
-- Params: $1 those above this id, $2 limit
SELECT id FROM raids WHERE id > $1 ORDER BY id LIMIT $2

-- The next people to be looked at, by id ascending, the order of everybody; locked, so that what a metric says of them
-- stands until the page is done.
-- Params: $1 only above this user id, $2 up to this one, $3 limit
SELECT id FROM users WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3 FOR NO KEY UPDATE

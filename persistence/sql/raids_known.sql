-- Those of these raids that there are.
-- Params: $1 raid ids bigint[]
SELECT id FROM raids WHERE id = ANY ($1::bigint[])

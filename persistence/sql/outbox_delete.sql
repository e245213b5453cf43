-- Forget what has been told.
-- Params: $1 ids bigint[]
DELETE FROM outbox WHERE id = ANY ($1::bigint[])

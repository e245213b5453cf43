-- Lock what a batch will fold into: raids by id, then users by id, ascending, the order of everybody.
-- A statement of its own: the fold's snapshot must be taken after the locks are held.
-- Params: $1 raid ids bigint[], $2 user ids bigint[]
-- Returns (id, epoch) of the raids that exist, as they stand once locked.
WITH raid AS MATERIALIZED (
    SELECT id, epoch FROM raids WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
),
person AS MATERIALIZED (
    SELECT id FROM users
    WHERE id = ANY ($2::bigint[])
      AND (SELECT count(*) FROM raid) >= 0  -- no user is locked before the last raid is
    ORDER BY id FOR NO KEY UPDATE
)
SELECT raid.id, raid.epoch FROM raid WHERE (SELECT count(*) FROM person) >= 0

-- Those of these raids that Redis ought to hold.
-- Params: $1 raid ids bigint[]
SELECT id, epoch, last_seq, audited_seq, status FROM raids
WHERE NOT unloaded AND id = ANY ($1::bigint[]) ORDER BY id

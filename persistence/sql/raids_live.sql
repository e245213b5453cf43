-- Raids that Redis ought to hold, by id.
-- Params: $1 those above this id, $2 limit
SELECT id, epoch, last_seq, audited_seq, status FROM raids
WHERE NOT unloaded AND id > $1 ORDER BY id LIMIT $2

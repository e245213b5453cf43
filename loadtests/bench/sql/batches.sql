-- The contributions of a ledger in the batches in which they were recorded: each transaction is a batch.
-- Params: $1 the first person, $2 the last
-- Returns the columns of `bare`, and the transaction; in the order in which the transactions began.
SELECT raid_id, epoch, seq, contribution_id, user_id, xp, type, day, occurred_at, created_at,
       xmin::text::bigint AS transaction
FROM contributions WHERE user_id BETWEEN $1 AND $2
ORDER BY xmin::text::bigint, raid_id, seq

-- Raise the watermark, never lower it, and only for the epoch it is meant for.
-- Params: $1 raid id, $2 epoch, $3 seq
-- Returns the row's epoch and watermark as they stand now.
UPDATE raids SET audited_seq = CASE WHEN epoch = $2 THEN greatest(audited_seq, $3) ELSE audited_seq END
WHERE id = $1
RETURNING epoch, audited_seq

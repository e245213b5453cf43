-- Note that entries in quarantine are part of no state any more. Twice is harmless.
-- Params: $1 ids bigint[]
UPDATE ledger_quarantine SET resolved_at = now() WHERE id = ANY ($1::bigint[]) AND resolved_at IS NULL

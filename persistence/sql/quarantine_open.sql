-- Entries in quarantine that nothing has settled yet, oldest first.
-- Params: $1 limit
SELECT id, raid_id, contribution_id::text FROM ledger_quarantine WHERE resolved_at IS NULL ORDER BY id LIMIT $1

-- The end this raid has in the ledger, if any.
-- Params: $1 raid id
SELECT epoch, seq, event FROM raid_events
WHERE raid_id = $1 AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')

-- Which of these entries of one raid's log the ledger does not hold. Quarantine counts as held.
-- A contribution is held by its id, whatever the epoch it was recorded under.
-- Params: $1 raid id, $2 epoch, $3 seqs bigint[], $4 contribution ids text[] (null for other entries)
SELECT wanted.seq
FROM unnest($3::bigint[], $4::text[]) AS wanted (seq, contribution_id)
WHERE CASE WHEN wanted.contribution_id IS NULL
        THEN NOT EXISTS (SELECT FROM raid_events AS e
                         WHERE e.raid_id = $1 AND e.epoch = $2 AND e.seq = wanted.seq)
        ELSE NOT EXISTS (SELECT FROM contribution_keys AS k
                         WHERE k.raid_id = $1 AND k.contribution_id = wanted.contribution_id::uuid)
      END
  AND NOT EXISTS (SELECT FROM ledger_quarantine AS q
                  WHERE q.raid_id = $1 AND q.epoch = $2 AND q.seq = wanted.seq)
ORDER BY wanted.seq

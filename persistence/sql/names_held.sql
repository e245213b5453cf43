-- Which of these entries the ledger holds by their name: as an event, or in quarantine.
-- Params: $1 raid ids bigint[], $2 epochs bigint[], $3 seqs bigint[], side by side
SELECT wanted.raid_id, wanted.epoch, wanted.seq,
       EXISTS (SELECT FROM ledger_quarantine AS q
               WHERE q.raid_id = wanted.raid_id AND q.epoch = wanted.epoch AND q.seq = wanted.seq
       ) AS quarantined
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS wanted (raid_id, epoch, seq)
WHERE EXISTS (SELECT FROM ledger_quarantine AS q
              WHERE q.raid_id = wanted.raid_id AND q.epoch = wanted.epoch AND q.seq = wanted.seq)
   OR EXISTS (SELECT FROM raid_events AS e
              WHERE e.raid_id = wanted.raid_id AND e.epoch = wanted.epoch AND e.seq = wanted.seq)

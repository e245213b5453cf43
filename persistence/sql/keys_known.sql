-- What the ledger holds of these contributions, whatever the epoch they were recorded under.
-- Params: $1 raid ids bigint[], $2 contribution ids uuid[], side by side
SELECT k.raid_id, k.contribution_id::text AS contribution_id, k.epoch, k.seq,
       encode(k.fingerprint, 'hex') AS fingerprint, k.effects::text AS effects
FROM unnest($1::bigint[], $2::text[]) AS wanted (raid_id, contribution_id)
     JOIN contribution_keys AS k
       ON k.raid_id = wanted.raid_id AND k.contribution_id = wanted.contribution_id::uuid

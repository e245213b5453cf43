-- The places at which these contributions were put into quarantine, settled since or not.
-- Params: $1 raid ids bigint[], $2 contribution ids text[], side by side
SELECT bad.raid_id, bad.epoch, bad.seq
FROM unnest($1::bigint[], $2::text[]) AS wanted (raid_id, contribution_id)
     JOIN ledger_quarantine AS bad
       ON bad.raid_id = wanted.raid_id AND bad.contribution_id = wanted.contribution_id::uuid

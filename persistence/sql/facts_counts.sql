-- How many keys and voids these raids have.
-- Params: $1 raid ids bigint[]
SELECT wanted.raid_id,
       (SELECT count(*) FROM contribution_keys AS k WHERE k.raid_id = wanted.raid_id) AS keys,
       (SELECT count(*) FROM contribution_voids AS v WHERE v.raid_id = wanted.raid_id) AS voids
FROM unnest($1::bigint[]) AS wanted (raid_id)

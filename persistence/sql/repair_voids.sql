-- Put voids of some raids right: they take back what their contribution gave, and an entry makes up for a lost one.
-- Params: $1 raid ids bigint[]
-- Returns how many rows changed.
WITH made AS (
    INSERT INTO contribution_voids AS v
        (raid_id, contribution_id, epoch, seq, user_id, xp, day, voided_at, folded)
    SELECT DISTINCT ON (e.raid_id, k.contribution_id)
           e.raid_id, k.contribution_id, e.epoch, e.seq, k.user_id, k.xp, k.day, e.at, true
    FROM raid_events AS e
         JOIN contribution_keys AS k
           ON k.raid_id = e.raid_id AND k.contribution_id = (e.entry ->> 'contribution_id')::uuid
    WHERE e.raid_id = ANY ($1::bigint[]) AND e.event = 'contribution_voided'
    ORDER BY e.raid_id, k.contribution_id, e.epoch, e.seq
    ON CONFLICT (raid_id, contribution_id) DO UPDATE SET
        user_id = excluded.user_id, xp = excluded.xp, day = excluded.day, folded = true
    WHERE (v.user_id, v.xp, v.day, v.folded) <> (excluded.user_id, excluded.xp, excluded.day, true)
    RETURNING v.raid_id
),
gone AS (
    DELETE FROM contribution_voids AS v
    WHERE v.raid_id = ANY ($1::bigint[])
      AND NOT EXISTS (SELECT FROM raid_events AS e
                      WHERE e.raid_id = v.raid_id AND e.event = 'contribution_voided'
                        AND (e.entry ->> 'contribution_id')::uuid = v.contribution_id)
    RETURNING v.raid_id
)
SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM gone)

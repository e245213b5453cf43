-- Put keys and contributions of some raids right: each makes up for the other, and none stands twice.
-- The keys say what was decided; what only a contribution says is guessed where it is gone.
-- A key made up for has no fingerprint any more: any body then counts as the same.
-- Params: $1 raid ids bigint[]
-- Returns how many rows changed.
WITH twin AS (
    DELETE FROM contributions AS c USING (
        SELECT ctid, tableoid, row_number() OVER (
            PARTITION BY raid_id, contribution_id ORDER BY epoch, seq, created_at) AS nth
        FROM contributions WHERE raid_id = ANY ($1::bigint[])) AS one
    WHERE c.raid_id = ANY ($1::bigint[]) AND c.ctid = one.ctid AND c.tableoid = one.tableoid AND one.nth > 1
    RETURNING c.raid_id
),
made_key AS (
    INSERT INTO contribution_keys
        (raid_id, contribution_id, epoch, seq, fingerprint, user_id, xp, day, contributed_at)
    SELECT DISTINCT ON (raid_id, contribution_id)
           raid_id, contribution_id, epoch, seq, '', user_id, xp, day, created_at
    FROM contributions WHERE raid_id = ANY ($1::bigint[])
    ORDER BY raid_id, contribution_id, epoch, seq
    ON CONFLICT (raid_id, contribution_id) DO UPDATE SET
        epoch = excluded.epoch, seq = excluded.seq, user_id = excluded.user_id, xp = excluded.xp,
        day = excluded.day, contributed_at = excluded.contributed_at
    WHERE (contribution_keys.epoch, contribution_keys.seq, contribution_keys.user_id, contribution_keys.xp,
           contribution_keys.day, contribution_keys.contributed_at)
          <> (excluded.epoch, excluded.seq, excluded.user_id, excluded.xp, excluded.day, excluded.contributed_at)
    RETURNING raid_id
),
made_contribution AS (
    INSERT INTO contributions
        (raid_id, epoch, seq, contribution_id, user_id, xp, type, occurred_at, day, created_at)
    SELECT raid_id, epoch, seq, contribution_id, user_id, xp, 'task_complete', contributed_at, day, contributed_at
    FROM contribution_keys AS k
    WHERE raid_id = ANY ($1::bigint[])
      AND NOT EXISTS (SELECT FROM contributions AS c
                      WHERE c.raid_id = k.raid_id AND c.contribution_id = k.contribution_id)
    ORDER BY raid_id, seq
    RETURNING raid_id
)
SELECT (SELECT count(*) FROM twin) + (SELECT count(*) FROM made_key) + (SELECT count(*) FROM made_contribution)

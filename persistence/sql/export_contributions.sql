-- What somebody contributed, a page, oldest first.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object(
           'contributionId', c.contribution_id, 'raidId', c.raid_id, 'xp', c.xp, 'type', c.type, 'taskId', c.task_id,
           'occurredAt', to_char(c.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'day', c.day,
           'createdAt', to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'voided', EXISTS (SELECT FROM contribution_voids AS v
                             WHERE v.raid_id = c.raid_id AND v.contribution_id = c.contribution_id))::text AS body,
       ARRAY[c.created_at::text, c.raid_id::text, c.epoch::text, c.seq::text] AS place
FROM contributions AS c
WHERE c.user_id = $1 AND c.created_at >= coalesce(($2::text[])[1]::timestamptz, '-infinity')
  AND ($2::text[] IS NULL OR (c.created_at, c.raid_id, c.epoch, c.seq)
       > (($2::text[])[1]::timestamptz, ($2::text[])[2]::bigint, ($2::text[])[3]::bigint, ($2::text[])[4]::bigint))
ORDER BY c.created_at, c.raid_id, c.epoch, c.seq LIMIT $3

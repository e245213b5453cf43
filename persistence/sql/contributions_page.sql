-- A raid's contributions, newest first.
-- Params: $1 raid id, $2 and $3 those below this epoch and seq, $4 limit
SELECT c.epoch, c.seq, c.contribution_id::text AS contribution_id, c.user_id, c.actor_id, c.xp, c.type,
       c.task_id, (extract(epoch FROM c.occurred_at) * 1000)::bigint AS occurred_at_ms, c.day,
       (extract(epoch FROM c.created_at) * 1000)::bigint AS created_at_ms,
       -- No EXISTS: not knowing $4, the planner would read all voids into a hash for it.
       coalesce((SELECT true FROM contribution_voids AS v
                 WHERE v.raid_id = c.raid_id AND v.contribution_id = c.contribution_id), false) AS voided
FROM contributions AS c
WHERE c.raid_id = $1 AND c.seq <= $3 AND (c.seq, c.epoch) < ($3, $2)
ORDER BY c.seq DESC, c.epoch DESC LIMIT $4

-- Raids somebody may see: those they are in and those that are public; newest first.
-- Params: $1 user id or null, $2 status or null, $3 those below this id, $4 limit
WITH mine AS (
    SELECT r.id FROM raid_members AS m JOIN raids AS r ON r.id = m.raid_id
    WHERE m.user_id = $1 AND m.state = 'member' AND r.id < $3 AND ($2::text IS NULL OR r.status = $2)
    ORDER BY m.raid_id DESC LIMIT $4
),
public AS (
    SELECT id FROM raids
    WHERE public AND id < $3 AND ($2::text IS NULL OR status = $2)
    ORDER BY id DESC LIMIT $4
)
SELECT id, epoch, last_seq, audited_seq, unloaded, title, description, public, open_join, invite_code,
       target_xp, target_tasks, time_limit_hours, max_members, max_xp_per_contribution,
       max_xp_per_member_per_day, status, leader_id, member_count,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM started_at) * 1000)::bigint AS started_at_ms,
       (extract(epoch FROM ended_at) * 1000)::bigint AS ended_at_ms,
       (extract(epoch FROM deadline) * 1000)::bigint AS deadline_ms,
       (extract(epoch FROM last_at) * 1000)::bigint AS last_at_ms,
       current_xp, current_tasks, contribution_count
FROM raids
WHERE id IN (SELECT id FROM mine UNION SELECT id FROM public)
ORDER BY id DESC LIMIT $4

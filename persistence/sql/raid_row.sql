-- One raid, every column; times as milliseconds since 1970.
-- Params: $1 raid id
SELECT id, epoch, last_seq, audited_seq, unloaded, title, description, public, open_join, invite_code,
       target_xp, target_tasks, time_limit_hours, max_members, max_xp_per_contribution,
       max_xp_per_member_per_day, status, leader_id, member_count,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM started_at) * 1000)::bigint AS started_at_ms,
       (extract(epoch FROM ended_at) * 1000)::bigint AS ended_at_ms,
       (extract(epoch FROM deadline) * 1000)::bigint AS deadline_ms,
       (extract(epoch FROM last_at) * 1000)::bigint AS last_at_ms,
       current_xp, current_tasks, contribution_count
FROM raids WHERE id = $1

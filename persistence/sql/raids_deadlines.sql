-- When each active raid ends.
SELECT id, (extract(epoch FROM deadline) * 1000)::bigint AS deadline_ms FROM raids
WHERE status = 'active' AND deadline IS NOT NULL ORDER BY deadline

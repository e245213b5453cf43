-- Forgotten people of whom something may be left, longest due first.
-- Params: $1 limit
SELECT user_id FROM forgotten WHERE due_at <= now() ORDER BY due_at LIMIT $1

-- A page of a board that is final, in its order.
-- Params: $1 board, $2 places above this one, $3 limit
SELECT e.place, e.user_id, coalesce((SELECT name FROM users WHERE id = e.user_id), '') AS name, e.xp, 0 AS version,
       (extract(epoch FROM e.reached_at) * 1000)::bigint AS reached_ms
FROM leaderboard_final_entries AS e
WHERE e.board = $1 AND e.place > $2
ORDER BY e.place LIMIT $3

-- The next board that is final or has entries of one; null after the last.
-- Params: $1 boards above this one
SELECT least(
    (SELECT min(board) FROM leaderboard_finals WHERE board > $1),
    (SELECT min(board) FROM leaderboard_final_entries WHERE board > $1))

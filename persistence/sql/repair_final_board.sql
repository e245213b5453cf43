-- Forget a final board, so that it is stored anew, as it stood when it became final.
-- Params: $1 board
WITH entries AS (
    DELETE FROM leaderboard_final_entries WHERE board = $1
)
DELETE FROM leaderboard_finals WHERE board = $1

-- Those of these boards that are final and stored.
-- Params: $1 boards text[]
SELECT board FROM leaderboard_finals WHERE board = ANY ($1::text[])

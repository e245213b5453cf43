-- Whether anything about a board is still to be told.
-- Params: $1 board
SELECT EXISTS (SELECT FROM outbox WHERE topic = 'progress' AND payload -> 'boards' -> $1 IS NOT NULL)

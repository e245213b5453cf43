-- A board that is final against its entries: as many, with places from 1 on, in order of XP, then of arrival.
-- What they are the totals of moves on, so nothing else can be said of them.
-- Params: $1 board
WITH placed AS (
    SELECT place, row_number() OVER (ORDER BY xp DESC, reached_at, user_id) AS nth
    FROM leaderboard_final_entries WHERE board = $1
),
counted AS (
    SELECT count(*) AS people, count(*) FILTER (WHERE place <> nth) AS astray,
           (SELECT f.people FROM leaderboard_finals AS f WHERE board = $1) AS told
    FROM placed
)
SELECT 'final_people' AS kind, 0::bigint AS owner, 'board ' || $1 AS place,
       coalesce(told || ' people', 'no entries') AS expected, people || ' people' AS found
FROM counted WHERE told IS DISTINCT FROM people
UNION ALL
SELECT 'final_places', 0, 'board ' || $1, 'everybody in their place', astray || ' are not'
FROM counted WHERE astray > 0
ORDER BY 1

-- How many unlocked what on which day.
-- Params: $1 from day, $2 to day
-- Returns (achievement_id, day, unlocks), by day; days without are left out.
SELECT achievement_id, day, sum(unlocks)::bigint AS unlocks
FROM achievement_tallies
WHERE day BETWEEN $1 AND $2
GROUP BY achievement_id, day
HAVING sum(unlocks) <> 0
ORDER BY achievement_id, day

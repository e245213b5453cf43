-- Add up tallies of the same achievement, day and hours. Two at once are harmless: only what was deleted is added up.
-- Params: $1 limit
-- Returns how many were more than one row.
WITH several AS MATERIALIZED (
    SELECT achievement_id, day, hours FROM achievement_tallies
    GROUP BY achievement_id, day, hours HAVING count(*) > 1
    ORDER BY achievement_id, day, hours
    LIMIT $1
),
gone AS (
    DELETE FROM achievement_tallies AS t USING several
    WHERE t.achievement_id = several.achievement_id AND t.day = several.day AND t.hours = several.hours
    RETURNING t.*
),
added AS (
    INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
    SELECT achievement_id, day, hours, sum(unlocks) FROM gone
    GROUP BY achievement_id, day, hours HAVING sum(unlocks) <> 0
)
SELECT count(*) FROM several

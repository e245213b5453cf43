-- Of every achievement how many have it, how many could, and the median of the hours it took them.
-- Returns (id, name, unlocked, people, median_hours), by position, then name.
WITH spread AS (
    SELECT achievement_id, hours, sum(unlocks) AS unlocks FROM achievement_tallies GROUP BY achievement_id, hours
),
running AS (
    SELECT achievement_id, hours,
           sum(unlocks) OVER (PARTITION BY achievement_id ORDER BY hours) AS so_far,
           sum(unlocks) OVER (PARTITION BY achievement_id) AS unlocked
    FROM spread
),
total AS (
    SELECT achievement_id, max(unlocked)::bigint AS unlocked,
           min(hours) FILTER (WHERE 2 * so_far >= unlocked) AS median_hours
    FROM running GROUP BY achievement_id
)
SELECT id, name, coalesce(unlocked, 0) AS unlocked, (SELECT coalesce(sum(people), 0) FROM people_tallies)::bigint AS people,
       CASE WHEN unlocked > 0 THEN median_hours END AS median_hours
FROM achievements LEFT JOIN total ON achievement_id = id
ORDER BY position, name, id

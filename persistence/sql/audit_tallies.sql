-- How many unlocked an achievement on a day against the unlocks themselves. Of an
-- achievement that is deleted nothing is tallied any more.
-- Params: $1 achievements above this id, $2 up to this one
-- Returns also achievement_id, day, lacking: what the tallies are short of.
WITH counted AS (
    SELECT achievement_id, (unlocked_at AT TIME ZONE 'UTC')::date AS day, count(*) AS unlocks
    FROM user_achievements
    WHERE achievement_id > $1 AND achievement_id <= $2 AND unlocked_at IS NOT NULL
    GROUP BY achievement_id, day
),
tallied AS (
    SELECT achievement_id, day, sum(unlocks) AS unlocks FROM achievement_tallies
    WHERE achievement_id > $1 AND achievement_id <= $2
    GROUP BY achievement_id, day
)
SELECT 'achievement_tally' AS kind, achievement_id AS owner,
       format('achievement %s day %s', achievement_id, day) AS place,
       coalesce(c.unlocks, 0)::text AS expected, coalesce(t.unlocks, 0)::text AS found,
       achievement_id, day, (coalesce(c.unlocks, 0) - coalesce(t.unlocks, 0))::bigint AS lacking
FROM counted AS c FULL JOIN tallied AS t USING (achievement_id, day)
WHERE EXISTS (SELECT FROM achievements WHERE id = achievement_id)
  AND coalesce(c.unlocks, 0) <> coalesce(t.unlocks, 0)
ORDER BY achievement_id, day

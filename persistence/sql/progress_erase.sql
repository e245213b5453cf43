-- Delete what people have of an achievement that is gone, by user id. Rewards stay: they prove what was granted.
-- Params: $1 achievement id, $2 only above this user id, $3 limit
-- Returns (people, last): how many that were, and the last of them.
WITH page AS (
    SELECT user_id FROM user_achievements
    WHERE achievement_id = $1 AND user_id > $2
    ORDER BY user_id LIMIT $3
),
gone AS (
    DELETE FROM user_achievements AS u USING page
    WHERE u.user_id = page.user_id AND u.achievement_id = $1
    RETURNING u.user_id
)
SELECT count(*) AS people, max(user_id) AS last FROM gone

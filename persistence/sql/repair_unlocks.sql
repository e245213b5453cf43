-- Take unlocks back that were never earned or are of nothing, with what they brought.
-- Params: $1 user ids bigint[], $2 achievement ids bigint[], side by side
WITH wrong AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS w (user_id, achievement_id)
),
gone AS (
    DELETE FROM user_achievements AS u USING wrong AS w
    WHERE u.user_id = w.user_id AND u.achievement_id = w.achievement_id
    RETURNING u.user_id, u.achievement_id, u.unlocked_at
),
unrewarded AS (
    DELETE FROM user_achievement_rewards AS r USING wrong AS w
    WHERE r.user_id = w.user_id AND r.achievement_id = w.achievement_id
)
INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
SELECT achievement_id, (unlocked_at AT TIME ZONE 'UTC')::date AS day,
       greatest(0, floor(extract(epoch FROM unlocked_at - u.created_at) / 3600))::integer AS hours, -count(*)
FROM gone JOIN users AS u ON u.id = user_id
WHERE EXISTS (SELECT FROM achievements AS a WHERE a.id = achievement_id)
GROUP BY achievement_id, day, hours

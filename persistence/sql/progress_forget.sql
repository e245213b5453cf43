-- Take back all that somebody has unlocked or been rewarded with, and of the tallies what that was: they are leaving.
-- Params: $1 user id, who must be locked
WITH gone AS (
    DELETE FROM user_achievements WHERE user_id = $1 RETURNING achievement_id, unlocked_at
),
rewards AS (
    DELETE FROM user_achievement_rewards WHERE user_id = $1
)
INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
SELECT achievement_id, (unlocked_at AT TIME ZONE 'UTC')::date,
       greatest(0, floor(extract(epoch FROM unlocked_at - users.created_at) / 3600))::integer, -1
FROM gone, users
WHERE users.id = $1 AND unlocked_at IS NOT NULL AND EXISTS (SELECT FROM achievements WHERE id = achievement_id)

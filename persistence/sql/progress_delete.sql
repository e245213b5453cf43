-- Take back what somebody has of an achievement, and of its tallies what that was. Rewards stay.
-- Params: $1 user id, $2 achievement id, $3 whether also what is unlocked
-- Returns true where it was deleted, false where it is unlocked and $3 does not allow it, nothing where there is none.
WITH definition AS MATERIALIZED (
    SELECT id FROM achievements WHERE id = $2 FOR KEY SHARE
),
held AS MATERIALIZED (
    SELECT unlocked_at FROM user_achievements
    WHERE user_id = $1 AND achievement_id IN (SELECT id FROM definition)
    FOR UPDATE
),
gone AS (
    DELETE FROM user_achievements AS u USING held
    WHERE u.user_id = $1 AND u.achievement_id = $2 AND ($3::boolean OR held.unlocked_at IS NULL)
    RETURNING u.unlocked_at
),
tallied AS (
    INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
    SELECT $2, (unlocked_at AT TIME ZONE 'UTC')::date,
           greatest(0, floor(extract(epoch FROM unlocked_at - users.created_at) / 3600))::integer, -1
    FROM gone, users
    WHERE users.id = $1 AND unlocked_at IS NOT NULL
)
SELECT EXISTS (SELECT FROM gone) FROM held

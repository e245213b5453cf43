-- Delete what is somebody's alone, but for their achievements. The user must be locked.
-- What they contributed stays in the sums by user and by day, for the ledger's rows are held against these; what only
-- their check-ins and rewards added is taken off, with the rows it was the sum of.
-- Params: $1 user id
WITH streak_day AS (
    DELETE FROM streak_days WHERE user_id = $1
),
streak AS (
    DELETE FROM user_streaks WHERE user_id = $1
),
checkin AS (
    DELETE FROM checkins WHERE user_id = $1
),
day AS (
    UPDATE user_daily_stats SET checkins = 0 WHERE user_id = $1 AND checkins > 0
)
UPDATE user_stats SET reward_xp = 0, credits = 0, checkins = 0, level = level_of(xp) WHERE user_id = $1

-- How many streak days and unlocks these people have.
-- Params: $1 the first person, $2 the last
SELECT (SELECT count(*) FROM streak_days WHERE active AND user_id BETWEEN $1 AND $2) AS days,
       (SELECT count(*) FROM user_achievements WHERE user_id BETWEEN $1 AND $2 AND unlocked_at IS NOT NULL) AS unlocks

-- Every day of a range with what somebody did on it, nothing where there was nothing. From the aggregates alone.
-- Params: $1 user id, $2 first day, $3 last day
SELECT asked::date AS day, coalesce(s.xp, 0) AS xp, coalesce(s.tasks, 0) AS tasks,
       coalesce(s.checkins, 0) AS checkins
FROM generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') AS asked
     LEFT JOIN (SELECT day, xp, tasks, checkins FROM user_daily_stats
                WHERE user_id = $1 AND day BETWEEN $2::date AND $3::date) AS s ON s.day = asked::date
ORDER BY asked

-- What somebody can count on: how far the next freeze is, when they last repaired a day, what is left of a pause.
-- Params: $1 user id   $2 today where they are   $3 the day that could be repaired, or null   $4 hours it can be
-- Returns one row: live_days, repaired_at_ms (null: never), repair_until_ms (null without $3),
--   paused_from and paused_to (null: no pause), of the days from today on that follow one another
SELECT coalesce(s.live_days, 0) AS live_days, (extract(epoch FROM s.repaired_at) * 1000)::bigint AS repaired_at_ms,
       (extract(epoch FROM day_begins($3::date + 1, u.tz) + $4::integer * interval '1 hour') * 1000)::bigint
           AS repair_until_ms,
       pause.first AS paused_from, pause.last AS paused_to
FROM users AS u LEFT JOIN user_streaks AS s ON s.user_id = u.id
     LEFT JOIN LATERAL (
         SELECT min(day) AS first, max(day) AS last
         FROM (
             SELECT day, day - (row_number() OVER (ORDER BY day))::integer AS run
             FROM streak_days WHERE user_id = $1 AND day >= $2::date AND kept = 'paused'
         ) AS paused
         GROUP BY run ORDER BY run LIMIT 1
     ) AS pause ON true
WHERE u.id = $1

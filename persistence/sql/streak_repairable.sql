-- The latest missed day of a person that a repair would mend: over for at most so many hours, with a day of a run
-- before it, and after it another, or today.
-- Params: $1 user id   $2 at in ms   $3 hours   $4 this day and no other; null: any
SELECT missed::date AS day
FROM users AS u
     CROSS JOIN LATERAL (SELECT to_timestamp($2::float8 / 1000)) AS asked (at)
     CROSS JOIN LATERAL (SELECT (at AT TIME ZONE u.tz)::date) AS date (today)
     CROSS JOIN LATERAL generate_series(today - 1 - ($3::integer + 23) / 24, today - 1, interval '1 day') AS missed
WHERE u.id = $1
  AND ($4::date IS NULL OR missed::date = $4)
  AND day_begins(missed::date + 1, u.tz) >= at - $3 * interval '1 hour'
  AND NOT EXISTS (SELECT FROM streak_days WHERE user_id = u.id AND day = missed::date)
  AND EXISTS (SELECT FROM streak_days WHERE user_id = u.id AND day = missed::date - 1)
  AND (missed::date = today - 1
       OR EXISTS (SELECT FROM streak_days WHERE user_id = u.id AND day = missed::date + 1))
ORDER BY missed DESC LIMIT 1

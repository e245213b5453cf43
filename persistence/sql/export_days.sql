-- What somebody did by local day, a page.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object('day', day, 'xp', xp, 'tasks', tasks, 'checkIns', checkins)::text AS body,
       ARRAY[day::text] AS place
FROM user_daily_stats
WHERE user_id = $1 AND day > coalesce(($2::text[])[1]::date, '-infinity')
ORDER BY day LIMIT $3

-- The days that are part of somebody's runs or keep one together, a page.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object('day', day, 'state', CASE WHEN active THEN 'active' ELSE kept END, 'cause', cause,
                         'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text AS body,
       ARRAY[day::text] AS place
FROM streak_days
WHERE user_id = $1 AND day > coalesce(($2::text[])[1]::date, '-infinity')
ORDER BY day LIMIT $3

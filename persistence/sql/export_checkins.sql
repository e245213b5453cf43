-- The days somebody checked in on, a page.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object('day', day, 'occurredAt', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text AS body, ARRAY[day::text] AS place
FROM checkins
WHERE user_id = $1 AND day > coalesce(($2::text[])[1]::date, '-infinity')
ORDER BY day LIMIT $3

-- The ways in which a person signs in, a page.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object('provider', provider, 'subject', subject, 'createdAt', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text AS body,
       ARRAY[provider, subject] AS place
FROM identities
WHERE user_id = $1 AND (provider, subject) > (coalesce(($2::text[])[1], ''), coalesce(($2::text[])[2], ''))
ORDER BY provider, subject LIMIT $3

-- What somebody unlocked or is on the way to, a page. A secret one has no name before it is unlocked.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object(
           'achievementId', u.achievement_id,
           'name', CASE WHEN u.unlocked_at IS NOT NULL OR NOT a.secret THEN a.name END,
           'unlockedAt', to_char(u.unlocked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'metadata', u.metadata)::text AS body,
       ARRAY[u.achievement_id::text] AS place
FROM user_achievements AS u LEFT JOIN achievements AS a ON a.id = u.achievement_id
WHERE u.user_id = $1 AND u.achievement_id > coalesce(($2::text[])[1]::bigint, 0)
ORDER BY u.achievement_id LIMIT $3

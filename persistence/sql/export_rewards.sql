-- What somebody was rewarded with, a page.
-- Params: $1 user id, $2 the place of the last row of the page before text[], or null, $3 limit
-- Returns (body, place): a JSON text, and where it stands
SELECT json_build_object('group', group_name, 'tier', tier, 'achievementId', achievement_id, 'xp', xp,
                         'credits', credits, 'grantedAt', to_char(granted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text AS body,
       ARRAY[group_name, tier] AS place
FROM user_achievement_rewards
WHERE user_id = $1
  AND ($2::text[] IS NULL OR (group_name, tier) > (($2::text[])[1], ($2::text[])[2]))
ORDER BY group_name, tier LIMIT $3

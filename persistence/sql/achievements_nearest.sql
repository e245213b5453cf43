-- What somebody has not unlocked and a metric leads to, nearest first; those of one ratio by what is left.
-- A streak counts as it is seen now: what was the longest once brings nobody nearer to a longer one.
-- Params: $1 user id, $2 limit
SELECT a.id, a.name, a.description, a.category, a.group_name, a.tier, a.metric, a.threshold, a.reward_xp,
       a.reward_credits, a.secret, a.icon, a.position, (extract(epoch FROM a.created_at) * 1000)::bigint AS created_at_ms,
       (extract(epoch FROM a.updated_at) * 1000)::bigint AS updated_at_ms,
       reached.value
FROM users AS person
     LEFT JOIN user_stats AS stats ON stats.user_id = person.id
     LEFT JOIN user_streaks AS streak ON streak.user_id = person.id
     CROSS JOIN achievements AS a
     CROSS JOIN LATERAL (SELECT coalesce(CASE a.metric
         WHEN 'streak_days' THEN
             CASE WHEN streak.run_last >= (now() AT TIME ZONE person.tz)::date - 1 THEN streak.current END
         WHEN 'tasks_total' THEN stats.tasks
         WHEN 'xp_total' THEN stats.xp
         WHEN 'raids_completed' THEN stats.raids_completed
         WHEN 'raids_led' THEN stats.raids_led
         WHEN 'checkins_total' THEN stats.checkins
         WHEN 'active_days' THEN streak.active_days
     END, 0) AS value) AS reached
WHERE person.id = $1 AND a.metric IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM user_achievements AS had
    WHERE had.user_id = $1 AND had.achievement_id = a.id AND had.unlocked_at IS NOT NULL)
ORDER BY least(1, reached.value::float8 / a.threshold) DESC, a.threshold - reached.value, a.position, a.name, a.id
LIMIT $2

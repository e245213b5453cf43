-- Of some people, who has an achievement, and who is past its threshold without it. A statement of its own: the
-- definition and the metrics are read after the people are locked.
-- Params: $1 achievement id, $2 user ids bigint[]
-- Returns one row (had, due user ids, version: tells whether the definition changed), or nothing where there is none.
SELECT count(*) FILTER (WHERE had.unlocked_at IS NOT NULL) AS had,
       coalesce(array_agg(person.id ORDER BY person.id)
           FILTER (WHERE had.unlocked_at IS NULL AND reached.value >= a.threshold), '{}') AS due,
       (extract(epoch FROM a.updated_at) * 1000000)::bigint AS version
FROM achievements AS a
     LEFT JOIN unnest($2::bigint[]) AS person (id) ON true
     LEFT JOIN user_stats AS stats ON stats.user_id = person.id
     LEFT JOIN user_streaks AS streak ON streak.user_id = person.id
     LEFT JOIN user_achievements AS had ON had.user_id = person.id AND had.achievement_id = a.id
     CROSS JOIN LATERAL (SELECT coalesce(CASE a.metric
         WHEN 'streak_days' THEN streak.longest
         WHEN 'tasks_total' THEN stats.tasks
         WHEN 'xp_total' THEN stats.xp
         WHEN 'raids_completed' THEN stats.raids_completed
         WHEN 'raids_led' THEN stats.raids_led
         WHEN 'checkins_total' THEN stats.checkins
         WHEN 'active_days' THEN streak.active_days
     END, 0) AS value) AS reached
WHERE a.id = $1 AND a.metric IS NOT NULL
GROUP BY a.id

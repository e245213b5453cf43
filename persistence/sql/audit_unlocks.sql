-- Who has which achievement and what it brought against what they have done.
-- A definition says nothing of what happened before it was last changed; voids take XP, tasks and active days back but
-- no unlock, so what counts against one is the most a person can ever have had. A reward row without an unlock shows
-- that the unlock was taken back.
-- Not of people who are no more: what was theirs alone went with them.
-- Params: $1 users above this id, $2 up to this one
-- Returns also achievement_id.
WITH voided AS (
    SELECT user_id, sum(xp) AS xp, count(*) AS tasks FROM contribution_voids
    WHERE user_id > $1 AND user_id <= $2 AND folded GROUP BY user_id
),
once AS (
    SELECT user_id, count(*) AS days FROM user_daily_stats WHERE user_id > $1 AND user_id <= $2 GROUP BY user_id
),
value AS MATERIALIZED (
    SELECT user_id, metric, coalesce(value, 0) AS value, coalesce(most, 0) AS most
    FROM (SELECT * FROM user_stats WHERE user_id > $1 AND user_id <= $2) AS s
         FULL JOIN (SELECT user_id, longest, active_days FROM user_streaks
                    WHERE user_id > $1 AND user_id <= $2) AS k USING (user_id)
         LEFT JOIN voided AS v USING (user_id)
         LEFT JOIN once AS o USING (user_id)
         CROSS JOIN LATERAL (VALUES
             ('streak_days', k.longest::bigint, k.longest::bigint),
             ('tasks_total', s.tasks, s.tasks + coalesce(v.tasks, 0)),
             ('xp_total', s.xp, s.xp + coalesce(v.xp, 0)::bigint),
             ('raids_completed', s.raids_completed, s.raids_completed),
             ('raids_led', s.raids_led, s.raids_led),
             ('checkins_total', s.checkins, s.checkins),
             ('active_days', k.active_days::bigint, greatest(k.active_days, o.days))
         ) AS metrics (metric, value, most)
),
definition AS MATERIALIZED (
    SELECT *, CASE WHEN updated_at = created_at THEN '-infinity' ELSE updated_at + interval '1 minute' END AS changed_at
    FROM achievements
),
held AS MATERIALIZED (
    SELECT user_id, achievement_id, unlocked_at, cause FROM user_achievements
    WHERE user_id > $1 AND user_id <= $2 AND unlocked_at IS NOT NULL
),
reward AS MATERIALIZED (
    SELECT * FROM user_achievement_rewards WHERE user_id > $1 AND user_id <= $2
),
said AS (
    SELECT 'unlock_missing' AS kind, user_id, d.id AS achievement_id,
           format('unlocked at %s, reached %s', threshold, value) AS expected, 'not unlocked' AS found
    FROM definition AS d JOIN value USING (metric)
    WHERE d.complete_since IS NOT NULL AND value >= threshold
      AND NOT EXISTS (SELECT FROM held AS h WHERE h.user_id = value.user_id AND h.achievement_id = d.id)
      AND NOT EXISTS (SELECT FROM reward AS r WHERE r.user_id = value.user_id
                      AND (r.achievement_id = d.id OR (r.group_name, r.tier) = (d.group_name, d.tier)))
    UNION ALL
    SELECT 'unlock_unearned', h.user_id, d.id, format('not unlocked below %s', threshold),
           'unlocked at most at ' || coalesce(most, 0)
    FROM held AS h JOIN definition AS d ON d.id = h.achievement_id
         LEFT JOIN value AS v ON v.user_id = h.user_id AND v.metric = d.metric
    WHERE h.cause IN ('metric', 'recompute') AND h.unlocked_at > d.changed_at AND coalesce(most, 0) < threshold
    UNION ALL
    SELECT 'unlock_of_nothing', user_id, achievement_id, 'an achievement', 'none'
    FROM held WHERE achievement_id NOT IN (SELECT id FROM definition)
      AND achievement_id NOT IN (SELECT (params ->> 'achievementId')::bigint FROM jobs
                                 WHERE state IN ('waiting', 'running') AND kind = 'erase')
    UNION ALL
    SELECT 'reward_missing', h.user_id, d.id, format('a reward of %s %s', group_name, tier), 'none'
    FROM held AS h JOIN definition AS d ON d.id = h.achievement_id
    WHERE h.unlocked_at > d.changed_at
      AND NOT EXISTS (SELECT FROM reward AS r WHERE r.user_id = h.user_id
                      AND (r.group_name, r.tier) = (d.group_name, d.tier))
    UNION ALL
    SELECT 'reward_differs', r.user_id, d.id, format('xp=%s credits=%s', d.reward_xp, d.reward_credits),
           format('xp=%s credits=%s', r.xp, r.credits)
    FROM reward AS r JOIN definition AS d
         ON d.id = r.achievement_id AND (d.group_name, d.tier) = (r.group_name, r.tier)
    WHERE r.granted_at > d.changed_at AND (r.xp, r.credits) <> (d.reward_xp, d.reward_credits)
)
SELECT kind, user_id AS owner, format('user %s achievement %s', user_id, achievement_id) AS place, expected, found,
       achievement_id
FROM said WHERE EXISTS (SELECT FROM users WHERE id = user_id)
ORDER BY user_id, achievement_id, kind

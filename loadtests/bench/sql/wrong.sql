-- What does not fit together in the ledger: totals, days, streaks, unlocks, rewards and levels against their rows.
-- Params: $1 the first person, $2 the last. All their raids have no other members with contributions.
-- Returns (what, count) of everything that is wrong; no row where all is well.
WITH counted AS MATERIALIZED (
    SELECT c.raid_id, c.user_id, c.day, c.xp FROM contributions AS c
    LEFT JOIN contribution_voids AS v USING (raid_id, contribution_id)
    WHERE c.user_id BETWEEN $1 AND $2 AND v.xp IS NULL
),
stats AS MATERIALIZED (SELECT * FROM user_stats WHERE user_id BETWEEN $1 AND $2),
streak AS MATERIALIZED (SELECT * FROM user_streaks WHERE user_id BETWEEN $1 AND $2),
has AS MATERIALIZED (
    SELECT * FROM user_achievements WHERE user_id BETWEEN $1 AND $2 AND unlocked_at IS NOT NULL),
granted AS MATERIALIZED (SELECT * FROM user_achievement_rewards WHERE user_id BETWEEN $1 AND $2),
ought AS MATERIALIZED (
    SELECT user_id, id AS achievement_id, group_name, tier
    FROM stats JOIN streak USING (user_id), achievements
    WHERE threshold <= CASE metric
        WHEN 'streak_days' THEN longest WHEN 'active_days' THEN active_days WHEN 'tasks_total' THEN tasks
        WHEN 'xp_total' THEN xp WHEN 'raids_completed' THEN raids_completed WHEN 'raids_led' THEN raids_led
        WHEN 'checkins_total' THEN checkins END
),
told (what, count) AS (
    SELECT 'contributions without a key', count(*)
    FROM contributions AS c LEFT JOIN contribution_keys AS k USING (raid_id, contribution_id)
    WHERE c.user_id BETWEEN $1 AND $2 AND k.xp IS NULL
    UNION ALL
    SELECT 'raids', count(*)
    FROM (SELECT raid_id AS id, sum(xp) AS xp, count(*) AS tasks FROM counted GROUP BY raid_id) AS folded
    JOIN raids USING (id) WHERE (current_xp, current_tasks) IS DISTINCT FROM (folded.xp, folded.tasks)
    UNION ALL
    SELECT 'members', count(*)
    FROM (SELECT raid_id, user_id, sum(xp) AS xp, count(*) AS tasks FROM counted GROUP BY 1, 2) AS folded
    LEFT JOIN raid_members AS m USING (raid_id, user_id)
    WHERE (m.xp, m.tasks) IS DISTINCT FROM (folded.xp, folded.tasks)
    UNION ALL
    SELECT 'people', count(*)
    FROM (SELECT user_id, sum(xp) AS xp, count(*) AS tasks FROM counted GROUP BY 1) AS folded
    LEFT JOIN stats USING (user_id) WHERE (stats.xp, stats.tasks) IS DISTINCT FROM (folded.xp, folded.tasks)
    UNION ALL
    SELECT 'days', count(*)
    FROM (SELECT user_id, day, sum(xp) AS xp, count(*) AS tasks FROM counted GROUP BY 1, 2) AS folded
    LEFT JOIN user_daily_stats AS d USING (user_id, day)
    WHERE (d.xp, d.tasks) IS DISTINCT FROM (folded.xp, folded.tasks)
    UNION ALL
    SELECT 'streak days', count(*)
    FROM (SELECT DISTINCT user_id, day FROM counted) AS folded
    FULL JOIN (SELECT user_id, day FROM streak_days WHERE active AND user_id BETWEEN $1 AND $2) AS s
        USING (user_id, day)
    WHERE folded.day IS NULL OR s.day IS NULL
    UNION ALL
    SELECT 'streaks', count(*)
    FROM (SELECT user_id, count(DISTINCT day) AS days FROM counted GROUP BY 1) AS folded
    LEFT JOIN streak USING (user_id) WHERE active_days IS DISTINCT FROM folded.days
    UNION ALL
    SELECT 'longest streaks', count(*)
    FROM (
        SELECT user_id, max(days) AS days FROM (
            SELECT user_id, count(*) AS days FROM (
                SELECT user_id, day - (row_number() OVER (PARTITION BY user_id ORDER BY day))::integer AS run
                FROM (SELECT DISTINCT user_id, day FROM counted) AS days) AS numbered
            GROUP BY user_id, run) AS runs
        GROUP BY user_id) AS folded
    LEFT JOIN streak USING (user_id) WHERE longest IS DISTINCT FROM folded.days
    UNION ALL
    SELECT 'unlocks', count(*)
    FROM ought FULL JOIN has USING (user_id, achievement_id) WHERE ought.tier IS NULL OR has.cause IS NULL
    UNION ALL
    SELECT 'rewards', count(*)
    FROM (SELECT DISTINCT user_id, group_name, tier FROM ought) AS due
    FULL JOIN granted USING (user_id, group_name, tier)
    WHERE due.user_id IS NULL OR granted.user_id IS NULL
    UNION ALL
    SELECT 'reward sums', count(*)
    FROM stats LEFT JOIN (SELECT user_id, sum(xp) AS xp, sum(credits) AS credits FROM granted GROUP BY 1) AS folded
        USING (user_id)
    WHERE (reward_xp, stats.credits) IS DISTINCT FROM (coalesce(folded.xp, 0), coalesce(folded.credits, 0))
    UNION ALL
    SELECT 'levels', count(*) FROM stats WHERE level <> level_of(xp + reward_xp)
)
SELECT what, count FROM told WHERE count > 0

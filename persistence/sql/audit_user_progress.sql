-- What people's stats say of check-ins, raids, rewards and levels against the rows. A level never falls: with voids it
-- may be any up to what it would be without them.
-- Not of people who are no more: what was theirs alone went with them.
-- Params: $1 users above this id, $2 up to this one
-- Returns also reward_xp, credits, level: what is right.
WITH counted AS (
    SELECT user_id, sum(checkins) AS checkins, sum(completed) AS completed, sum(led) AS led,
           sum(reward_xp) AS reward_xp, sum(credits) AS credits, sum(voided) AS voided
    FROM (
        SELECT user_id, 1 AS checkins, 0 AS completed, 0 AS led, 0 AS reward_xp, 0 AS credits, 0 AS voided
        FROM checkins WHERE user_id > $1 AND user_id <= $2
        UNION ALL
        SELECT user_id, 0, 1, led::integer, 0, 0, 0 FROM raid_completions WHERE user_id > $1 AND user_id <= $2
        UNION ALL
        SELECT user_id, 0, 0, 0, xp, credits, 0 FROM user_achievement_rewards WHERE user_id > $1 AND user_id <= $2
        UNION ALL
        SELECT user_id, 0, 0, 0, 0, 0, xp FROM contribution_voids WHERE user_id > $1 AND user_id <= $2 AND folded
    ) AS one
    GROUP BY user_id
),
compared AS (
    SELECT user_id, s.user_id IS NULL AS lacking, s.level AS told_level, s.xp,
           coalesce(c.reward_xp, 0) AS reward_xp, coalesce(c.credits, 0) AS credits,
           level_of((coalesce(s.xp, 0) + coalesce(c.reward_xp, 0))::bigint) AS least,
           level_of((coalesce(s.xp, 0) + coalesce(c.reward_xp, 0) + coalesce(c.voided, 0))::bigint) AS most,
           format('checkins=%s raids_completed=%s raids_led=%s', coalesce(c.checkins, 0), coalesce(c.completed, 0),
                  coalesce(c.led, 0)) AS counted,
           format('checkins=%s raids_completed=%s raids_led=%s', s.checkins, s.raids_completed, s.raids_led) AS told,
           format('xp=%s credits=%s', coalesce(c.reward_xp, 0), coalesce(c.credits, 0)) AS granted,
           format('xp=%s credits=%s', s.reward_xp, s.credits) AS told_granted
    FROM (SELECT * FROM user_stats WHERE user_id > $1 AND user_id <= $2) AS s FULL JOIN counted AS c USING (user_id)
),
said AS (
    SELECT 'user_counts' AS kind, user_id, counted AS expected, CASE WHEN lacking THEN 'no row' ELSE told END AS found
    FROM compared WHERE counted <> told
    UNION ALL
    SELECT 'user_rewards', user_id, granted, CASE WHEN lacking THEN 'no row' ELSE told_granted END
    FROM compared WHERE granted <> told_granted
    UNION ALL
    SELECT 'user_level', user_id, CASE WHEN least < most THEN format('%s to %s', least, most) ELSE least::text END,
           told_level::text
    FROM compared WHERE NOT lacking AND told_level NOT BETWEEN least AND most
)
SELECT kind, user_id AS owner, 'user ' || user_id AS place, expected, found,
       reward_xp, credits, greatest(least, least(told_level, most)) AS level
FROM said JOIN compared USING (user_id)
WHERE EXISTS (SELECT FROM users WHERE id = user_id)
ORDER BY user_id, kind

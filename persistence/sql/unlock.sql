-- Unlock what was crossed (before < threshold <= after), and pairs named outright; reward each tier of a group once.
-- The users must be locked. An unlock that is there stays as it is. Definitions are read here, under a lock that a
-- deletion waits for: what it cascades to then holds what was unlocked here.
-- Params, arrays side by side
--   $1 user ids, $2 metrics, $3 before, $4 after, $5 at in ms   moves of a metric
--   $6 user ids, $7 achievement ids, $8 at in ms                pairs
--   $9 cause: metric, recompute, caller
-- Returns (kind, achievement_id, user_id, a, b, body), only of what is new
--   definition  body the achievement, as events show it
--   unlock      a unlocked_at in ms
--   reward      a xp, b credits, body {"group", "tier"}
--   level       a the level after the grants
WITH steps AS MATERIALIZED (
    SELECT metric, array_agg(threshold ORDER BY threshold) AS thresholds
    FROM achievements WHERE metric IS NOT NULL GROUP BY metric
),
crossing AS MATERIALIZED (  -- width_bucket is how many thresholds a value has reached, by binary search
    SELECT given.* FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS given (user_id, metric, before, after, at)
        JOIN steps USING (metric)
    WHERE width_bucket(before, thresholds) < width_bucket(after, thresholds)
),
wanted AS MATERIALIZED (
    SELECT user_id, crossed.id AS achievement_id, at
    FROM crossing CROSS JOIN LATERAL (
        SELECT id FROM achievements
        WHERE metric = crossing.metric AND threshold > before AND threshold <= after
        OFFSET 0  -- by the index, of few: joined as a whole, every definition would meet every move
    ) AS crossed
    UNION ALL
    SELECT user_id, achievement_id, at FROM unnest($6::bigint[], $7::bigint[], $8::bigint[])
        AS given (user_id, achievement_id, at)
),
definition AS MATERIALIZED (
    SELECT id, name, description, category, group_name, tier, icon, secret, reward_xp, reward_credits
    FROM achievements
    WHERE EXISTS (SELECT FROM wanted) AND id = ANY (ARRAY(SELECT achievement_id FROM wanted))
    ORDER BY id
    FOR KEY SHARE
),
fresh AS (
    INSERT INTO user_achievements AS u (user_id, achievement_id, unlocked_at, cause)
    SELECT user_id, achievement_id, to_timestamp(min(at)::float8 / 1000), $9
    FROM wanted JOIN definition ON definition.id = achievement_id
    GROUP BY user_id, achievement_id
    ORDER BY user_id, achievement_id
    ON CONFLICT (user_id, achievement_id) DO UPDATE SET
        unlocked_at = excluded.unlocked_at, cause = excluded.cause, updated_at = now()
        WHERE u.unlocked_at IS NULL
    RETURNING user_id, achievement_id, unlocked_at
),
granted AS (
    INSERT INTO user_achievement_rewards (user_id, group_name, tier, achievement_id, xp, credits, granted_at)
    SELECT DISTINCT ON (user_id, group_name, tier)
           user_id, group_name, tier, achievement_id, reward_xp, reward_credits, unlocked_at
    FROM fresh JOIN definition ON definition.id = achievement_id
    ORDER BY user_id, group_name, tier, achievement_id
    ON CONFLICT DO NOTHING
    RETURNING user_id, group_name, tier, achievement_id, xp, credits
),
leveled AS (
    INSERT INTO user_stats AS s (user_id, reward_xp, credits, level)
    SELECT user_id, sum(xp), sum(credits), level_of(sum(xp)::bigint) FROM granted GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET
        reward_xp = s.reward_xp + excluded.reward_xp,
        credits = s.credits + excluded.credits,
        level = greatest(s.level, level_of(s.xp + s.reward_xp + excluded.reward_xp))
    RETURNING user_id, level
),
tallied AS (
    INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
    SELECT achievement_id, (unlocked_at AT TIME ZONE 'UTC')::date AS day,
           greatest(0, floor(extract(epoch FROM unlocked_at - came_at) / 3600))::integer AS hours, count(*)
    FROM fresh CROSS JOIN LATERAL (SELECT created_at AS came_at FROM users WHERE id = user_id OFFSET 0) AS person
    GROUP BY achievement_id, day, hours
)
SELECT 'definition' AS kind, id AS achievement_id, NULL::bigint AS user_id, NULL::bigint AS a, NULL::bigint AS b,
       jsonb_build_object(
           'id', id, 'name', name, 'description', description, 'category', category, 'group', group_name,
           'tier', tier, 'icon', icon, 'secret', secret, 'rewardXp', reward_xp,
           'rewardCredits', reward_credits)::text AS body
FROM definition
UNION ALL
SELECT 'unlock', achievement_id, user_id, (extract(epoch FROM unlocked_at) * 1000)::bigint, NULL, NULL FROM fresh
UNION ALL
SELECT 'reward', achievement_id, user_id, xp, credits, jsonb_build_object('group', group_name, 'tier', tier)::text
FROM granted
UNION ALL
SELECT 'level', NULL, user_id, level, NULL, NULL FROM leveled

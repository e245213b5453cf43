-- What was recorded before there were streaks and achievements: as if they had always been there, but that history
-- earns no freeze. Completed raids are for their jobs to count, unlocks for a recompute of each achievement to find.

ALTER TABLE outbox ALTER COLUMN payload TYPE json;  -- read and written whole, never searched
ALTER TABLE checkins ALTER COLUMN answer TYPE json;  -- told again as it was

WITH item AS (
    SELECT user_id, day, occurred_at, created_at, xp FROM contributions
    UNION ALL
    SELECT user_id, day, NULL, voided_at, xp FROM contribution_voids WHERE folded
),
one_day AS (
    SELECT user_id, day, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
           max(created_at) FILTER (WHERE xp <> 0) AS reached_at, count(*) AS changes
    FROM item GROUP BY user_id, day
)
UPDATE user_daily_stats AS d
SET first_at = o.first_at, last_at = o.last_at, reached_at = o.reached_at, changes = o.changes
FROM one_day AS o WHERE o.user_id = d.user_id AND o.day = d.day AND d.changes = 0;

WITH item AS (
    SELECT raid_id, user_id, created_at, xp FROM contributions
    UNION ALL
    SELECT raid_id, user_id, voided_at, xp FROM contribution_voids WHERE folded
),
one_member AS (
    SELECT raid_id, user_id, max(created_at) FILTER (WHERE xp <> 0) AS reached_at, count(*) AS changes
    FROM item GROUP BY raid_id, user_id
)
UPDATE raid_members AS m SET reached_at = o.reached_at, changes = o.changes
FROM one_member AS o WHERE o.raid_id = m.raid_id AND o.user_id = m.user_id AND m.changes = 0;

INSERT INTO streak_days (user_id, day, active, cause, at)
SELECT user_id, day, true, 'contribution', coalesce(reached_at, last_at, now())
FROM user_daily_stats JOIN users ON users.id = user_id WHERE tasks > 0
ON CONFLICT DO NOTHING;

INSERT INTO streak_days (user_id, day, active, kept, cause, at)
SELECT before.user_id, before.day + 1, false, 'skipped', 'zone', after.at
FROM streak_days AS before
     JOIN streak_days AS after ON after.user_id = before.user_id AND after.day = before.day + 2
     JOIN user_daily_stats AS early ON early.user_id = before.user_id AND early.day = before.day
     JOIN user_daily_stats AS late ON late.user_id = after.user_id AND late.day = after.day
WHERE before.active AND after.active AND late.first_at - early.last_at < interval '22 hours'
ON CONFLICT DO NOTHING;

WITH numbered AS (
    SELECT *, day - row_number() OVER (PARTITION BY user_id ORDER BY day)::integer AS island FROM streak_days
),
run AS (
    SELECT user_id, min(day) AS run_first, max(day) AS run_last, max(day) FILTER (WHERE active) AS last_day,
           count(*) FILTER (WHERE active) AS length
    FROM numbered GROUP BY user_id, island
),
newest AS (
    SELECT DISTINCT ON (user_id) *, max(length) OVER (PARTITION BY user_id) AS longest,
           sum(length) OVER (PARTITION BY user_id) AS active_days
    FROM run ORDER BY user_id, last_day DESC
)
INSERT INTO user_streaks (user_id, run_first, run_last, last_day, current, longest, active_days)
SELECT user_id, run_first, run_last, last_day, length, longest, active_days FROM newest
ON CONFLICT DO NOTHING;

UPDATE user_stats SET level = greatest(level, level_of(xp + reward_xp)) WHERE level < level_of(xp + reward_xp);

INSERT INTO jobs (kind, params)
SELECT 'raid_completed', jsonb_build_object('raidId', raid_id) FROM raid_events
WHERE event = 'raid_complete'
  AND NOT EXISTS (SELECT FROM jobs WHERE kind = 'raid_completed' AND params ->> 'raidId' = raid_id::text)
ORDER BY raid_id;

INSERT INTO jobs (kind, params)
SELECT 'recompute', jsonb_build_object('achievementId', id, 'dryRun', false, 'announce', false,
                                       'upTo', (SELECT max(id) FROM users))
FROM achievements
WHERE metric IS NOT NULL AND EXISTS (SELECT FROM user_stats)
ORDER BY id;
UPDATE achievements SET complete_since = NULL WHERE metric IS NOT NULL AND EXISTS (SELECT FROM user_stats);

-- Fill a database that is migrated and empty with a history in which every total fits its rows.
-- Several statements, so to be sent without parameters. Settings, all integers but the last:
--   fill.people   a multiple of fill.raids; person u is in raid (u - 1) % raids + 1
--   fill.rows     contributions, a multiple of fill.people
--   fill.days     local days on which everybody is active, at least two contributions each
--   fill.last_day the last of them
-- Every 97th contribution of a person is voided, so that no day loses both. Every fiftieth raid is active still.
-- What is decided lies in this month, whose partition there is; days may lie anywhere before.

CREATE TEMP VIEW knob AS SELECT
    current_setting('fill.people')::integer AS people,
    current_setting('fill.raids')::integer AS raids,
    current_setting('fill.rows')::integer AS items,
    current_setting('fill.days')::integer AS days,
    current_setting('fill.rows')::integer / current_setting('fill.people')::integer AS each,
    current_setting('fill.rows')::integer / current_setting('fill.raids')::integer AS per_raid,
    current_setting('fill.last_day')::date AS last_day,
    date_trunc('month', now()) AS since,
    (now() - date_trunc('month', now())) / current_setting('fill.rows')::integer AS pace;

INSERT INTO users (id, name, tz, created_at)
SELECT u, 'person-' || u, 'UTC', last_day - days - 1
FROM knob, generate_series(1, people) AS u;

INSERT INTO identities (provider, subject, user_id)
SELECT 'bench', 'person-' || id, id FROM users;

INSERT INTO sessions (token_hash, user_id, expires_at)
SELECT md5('session-' || id), id, now() + interval '30 days' + id * interval '1 second' FROM users;

INSERT INTO raids
    (id, epoch, last_seq, audited_seq, unloaded, title, public, open_join, invite_code, target_xp, target_tasks,
     time_limit_hours, max_members, max_xp_per_contribution, status, leader_id, member_count, started_at, ended_at,
     deadline)
SELECT r, 1, 0, 0, r % 50 <> 0, 'Raid ' || r, r % 5 = 0, false, 'FILL' || r, 1000000000000, 0, 24, 10000, 10000,
       CASE WHEN r % 50 = 0 THEN 'active' WHEN r % 10 = 9 THEN 'failed' ELSE 'completed' END,
       r, people / raids, since, CASE WHEN r % 50 <> 0 THEN now() END, now() + r * interval '1 minute'
FROM knob, generate_series(1, raids) AS r;

INSERT INTO invite_codes (code, raid_id) SELECT invite_code, id FROM raids;

-- In the order of raid and seq, which is the order of both keys below.
INSERT INTO contributions
    (raid_id, epoch, seq, contribution_id, user_id, xp, type, occurred_at, day, created_at)
SELECT r + 1, 1, s + 1, md5(i::text)::uuid, i % people + 1, 5 + i % 7, 'task_complete',
       day + interval '8 hours' + (i / people) % 8 * interval '1 hour', day, since + i * pace
FROM knob, generate_series(0, raids - 1) AS r, generate_series(0, per_raid - 1) AS s,
     LATERAL (SELECT s * raids + r) AS item (i),
     LATERAL (SELECT last_day - days + 1 + ((i / people)::bigint * days / each)::integer) AS dated (day);

INSERT INTO contribution_keys
    (raid_id, contribution_id, epoch, seq, fingerprint, user_id, xp, day, contributed_at, effects)
SELECT raid_id, contribution_id, epoch, seq, decode(replace(contribution_id::text, '-', ''), 'hex'), user_id, xp, day,
       created_at,
       '{"level": null, "streak": {"day": "2026-01-01", "state": "active", "current": 9, "longest": 9},'
       ' "rewards": [], "unlocked": []}'
FROM contributions;

INSERT INTO contribution_voids
    (raid_id, contribution_id, epoch, seq, user_id, xp, day, voided_at, folded)
SELECT raid_id, contribution_id, 1, per_raid + row_number() OVER (PARTITION BY raid_id ORDER BY seq), user_id, xp, day,
       now(), true
FROM knob, contributions
WHERE (user_id + ((seq - 1) * raids + raid_id - 1) / people) % 97 = 0;

INSERT INTO raid_events (raid_id, epoch, seq, event, command_id, at, entry)
SELECT raid_id, 1, seq, 'contribution_voided', contribution_id, voided_at,
       jsonb_build_object('seq', seq, 'contribution_id', contribution_id, 'user_id', user_id, 'xp', xp)
FROM contribution_voids;

INSERT INTO raid_events (raid_id, epoch, seq, event, command_id, at, entry)
SELECT (u - 1) % raids + 1, 1, 2 * per_raid + (u - 1) / raids, 'member_join', md5('join-' || u)::uuid, since,
       jsonb_build_object('user_id', u, 'username', 'person-' || u)
FROM knob, generate_series(1, people) AS u;

INSERT INTO raid_events (raid_id, epoch, seq, event, command_id, at, entry)
SELECT id, 1, 3 * per_raid + people, CASE status WHEN 'failed' THEN 'raid_failed' ELSE 'raid_complete' END,
       md5('end-' || id)::uuid, now(), '{"reason": null}'
FROM knob, raids WHERE status <> 'active';

CREATE TEMP TABLE counted AS
SELECT c.raid_id, c.user_id, c.day, sum(c.xp) FILTER (WHERE v.xp IS NULL) AS xp,
       count(*) FILTER (WHERE v.xp IS NULL) AS tasks, count(*) AS contributions,
       min(c.occurred_at) AS first_at, max(c.occurred_at) AS last_at, max(c.created_at) AS reached_at
FROM contributions AS c LEFT JOIN contribution_voids AS v USING (raid_id, contribution_id)
GROUP BY c.raid_id, c.user_id, c.day;

INSERT INTO raid_members (raid_id, user_id, state, username, joined_at, epoch, seq, xp, tasks, reached_at, changes)
SELECT raid_id, user_id, 'member', 'person-' || user_id, since, 1, 2 * per_raid + (user_id - 1) / raids,
       sum(xp), sum(tasks), max(reached_at), sum(contributions)
FROM knob, counted GROUP BY raid_id, user_id, since, per_raid, raids ORDER BY raid_id, user_id;

UPDATE raids SET current_xp = folded.xp, current_tasks = folded.tasks, contribution_count = per_raid,
                 last_seq = 3 * per_raid + people, audited_seq = 3 * per_raid + people
FROM knob, (SELECT raid_id, sum(xp) AS xp, sum(tasks) AS tasks FROM raid_members GROUP BY raid_id) AS folded
WHERE folded.raid_id = raids.id;

-- Every other person checked in on each of the first ten days.
INSERT INTO user_daily_stats (user_id, day, xp, tasks, checkins, first_at, last_at, reached_at, changes)
SELECT user_id, day, xp, tasks, (user_id % 2 = 0 AND day <= last_day - days + 10)::integer, first_at, last_at,
       reached_at, contributions
FROM knob, counted ORDER BY user_id, day;

INSERT INTO checkins (user_id, day, occurred_at, at, live)
SELECT user_id, day, first_at, first_at, true FROM user_daily_stats WHERE checkins > 0 ORDER BY user_id, day;

INSERT INTO streak_days (user_id, day, active, kept, cause, at)
SELECT user_id, day, true, NULL, 'contribution', reached_at FROM user_daily_stats ORDER BY user_id, day;

INSERT INTO user_streaks
    (user_id, run_first, run_last, last_day, current, longest, active_days, live_days, last_live_day, freezes,
     due_at, usual_seconds, risk_at)
SELECT id, last_day - days + 1, last_day, last_day, days, days, days, days, last_day, (id % 50 = 0)::integer,
       CASE WHEN id % 50 = 0 THEN last_day + interval '2 days' END, 32400,
       CASE WHEN id % 20 = 1 THEN last_day + interval '1 day 9 hours' END
FROM knob, users ORDER BY id;

INSERT INTO raid_completions (raid_id, user_id, led, completed_at)
SELECT raid_id, user_id, user_id = leader_id, ended_at
FROM raid_members JOIN raids ON raids.id = raid_id WHERE status = 'completed' ORDER BY raid_id, user_id;

INSERT INTO user_stats (user_id, xp, tasks, checkins, raids_completed, raids_led)
SELECT day.*, coalesce(completed, 0), coalesce(led, 0)
FROM (SELECT user_id, sum(xp), sum(tasks), sum(checkins) FROM user_daily_stats GROUP BY user_id) AS day
LEFT JOIN (
    SELECT user_id, count(*) AS completed, count(*) FILTER (WHERE raid_completions.led) AS led
    FROM raid_completions GROUP BY user_id) AS raid USING (user_id)
ORDER BY user_id;

CREATE TEMP TABLE reached AS
SELECT user_id, achievement.*, since + user_id % 86400 * interval '1 second' AS unlocked_at
FROM knob, user_stats JOIN user_streaks USING (user_id), achievements AS achievement
WHERE threshold <= CASE metric
    WHEN 'streak_days' THEN longest WHEN 'active_days' THEN active_days WHEN 'tasks_total' THEN tasks
    WHEN 'xp_total' THEN xp WHEN 'raids_completed' THEN raids_completed WHEN 'raids_led' THEN raids_led
    WHEN 'checkins_total' THEN checkins END;

INSERT INTO user_achievements (user_id, achievement_id, unlocked_at, cause)
SELECT user_id, id, unlocked_at, 'metric' FROM reached ORDER BY user_id, id;

INSERT INTO user_achievement_rewards (user_id, group_name, tier, achievement_id, xp, credits, granted_at)
SELECT user_id, group_name, tier, id, reward_xp, reward_credits, unlocked_at FROM reached
ORDER BY user_id, group_name, tier;

INSERT INTO achievement_tallies (achievement_id, day, hours, unlocks)
SELECT id, unlocked_at::date, user_id % 1000, count(*) FROM reached GROUP BY 1, 2, 3;

UPDATE user_stats SET reward_xp = granted.xp, credits = granted.credits
FROM (SELECT user_id, sum(xp) AS xp, sum(credits) AS credits FROM user_achievement_rewards GROUP BY user_id) AS granted
WHERE granted.user_id = user_stats.user_id;
UPDATE user_stats SET level = level_of(xp + reward_xp);

CREATE TEMP TABLE final_day AS
SELECT last_day - days + number AS day, 'daily:' || (last_day - days + number) AS board
FROM knob, generate_series(1, least(10, days)) AS number;

INSERT INTO leaderboard_finals (board, people, final_at)
SELECT board, people, day + interval '38 hours' FROM knob, final_day;

INSERT INTO leaderboard_final_entries (board, place, user_id, xp, reached_at)
SELECT board, row_number() OVER (PARTITION BY board ORDER BY xp DESC, reached_at, user_id), user_id, xp, reached_at
FROM final_day JOIN user_daily_stats USING (day);

INSERT INTO jobs (kind, params, state, finished_at)
SELECT 'recompute', '{}', 'done', now() FROM generate_series(1, 1000);

SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users));
SELECT setval(pg_get_serial_sequence('raids', 'id'), (SELECT max(id) FROM raids));
DROP TABLE final_day, reached, counted;
DROP VIEW knob;

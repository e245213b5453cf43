-- Fold a batch of log entries into the ledger: rows, and every total that hangs on them, each once.
-- To be sent after lock.sql in the same transaction. A contribution is new where no key of it is known and it is the
-- first of its batch; the locks of the raids keep that true until conclude.sql, the last statement, writes the keys.
-- No table written here is read again, except to look below the lock for what was there before.
-- Params: arrays of ledger entries as JSON text
--   $1 contributions   $2 all other entries   (neither holds an entry twice)
--   $3 the newest entry of each raid, whose header it is
--   $4 those of $2 that are a member_join, a member_leave or a member_update
--   $5 the newest raid_update of each raid
-- Returns (kind, raid_id, user_id, a, b, c, d, day, numbers, body); "at" in ms, of the entry
--   key     a epoch, b seq, c xp, d at, day    a contribution recorded just now
--   void    d at, day                          of a contribution taken back just now
--   event   a epoch, b seq, body event         any other entry recorded just now
--   raid    a current_xp, b current_tasks, body whether both targets are met
--   outbox  a id, body {"topic", "payload"}
--   user    a the last at, b whether a midnight that spends a freeze has passed, c current and d longest of the
--           streak as seen then, before days are folded; numbers: xp, tasks and level before, the same after, whether
--           xp or tasks crossed a threshold; body the streak's state. Nobody who is gone.
--   day     a when, b the first item of it, c whether it was live; body what became of it: active, inactive or
--           widened (it was active, and has an item before or after all others). Of nobody who is gone.
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS entry (
        raid_id bigint, epoch bigint, seq bigint, contribution_id uuid, fingerprint text, user_id bigint,
        actor_id bigint, xp integer, type text, task_id text, occurred_at bigint, day date, at bigint, live boolean)
    WHERE NOT EXISTS (
        SELECT FROM ledger_quarantine AS bad
        WHERE bad.raid_id = entry.raid_id AND bad.epoch = entry.epoch AND bad.seq = entry.seq)
),
fresh AS MATERIALIZED (
    SELECT DISTINCT ON (raid_id, contribution_id) *,
           to_timestamp(at::float8 / 1000) AS decided_at, to_timestamp(occurred_at::float8 / 1000) AS happened_at
    FROM given
    WHERE NOT EXISTS (
        SELECT FROM contribution_keys AS known
        WHERE known.raid_id = given.raid_id AND known.contribution_id = given.contribution_id
        OFFSET 0)  -- a probe by the key each: joined as a whole, a small table would be read through
    ORDER BY raid_id, contribution_id, epoch, seq
),
fresh_contribution AS (
    INSERT INTO contributions
        (raid_id, epoch, seq, contribution_id, user_id, actor_id, xp, type, task_id, occurred_at, day,
         created_at)
    SELECT raid_id, epoch, seq, contribution_id, user_id, actor_id, xp, type, task_id, happened_at, day, decided_at
    FROM fresh
    ORDER BY raid_id, seq
),
fresh_event AS (
    INSERT INTO raid_events (raid_id, epoch, seq, event, command_id, at, entry)
    SELECT head.raid_id, head.epoch, head.seq, head.event, head.command_id,
           to_timestamp(head.at::float8 / 1000), entry
    FROM jsonb_array_elements($2::jsonb) AS entry,
         jsonb_to_record(entry) AS head (
             raid_id bigint, epoch bigint, seq bigint, event text, command_id uuid, at bigint)
    WHERE NOT EXISTS (
        SELECT FROM ledger_quarantine AS bad
        WHERE bad.raid_id = head.raid_id AND bad.epoch = head.epoch AND bad.seq = head.seq)
    ORDER BY head.raid_id, head.epoch, head.seq
    ON CONFLICT DO NOTHING  -- known, or a second end of its raid
    RETURNING raid_id, epoch, seq, event, at, entry
),
void AS (
    SELECT fresh_event.raid_id, epoch, seq, at, what.*
    FROM fresh_event,
         jsonb_to_record(entry) AS what (contribution_id uuid, user_id bigint, xp integer, day date)
    WHERE event = 'contribution_voided'
),
taken_back AS (  -- a contribution in quarantine was never counted: its void settles the matter
    UPDATE ledger_quarantine AS bad SET resolved_at = coalesce(bad.resolved_at, now())
    FROM void
    WHERE bad.raid_id = void.raid_id AND bad.contribution_id = void.contribution_id
      AND NOT EXISTS (
        SELECT FROM contribution_keys AS known
        WHERE known.raid_id = void.raid_id AND known.contribution_id = void.contribution_id)
      AND NOT EXISTS (
        SELECT FROM given
        WHERE given.raid_id = void.raid_id AND given.contribution_id = void.contribution_id)
    RETURNING bad.raid_id, bad.contribution_id
),
fresh_void AS (
    INSERT INTO contribution_voids
        (raid_id, contribution_id, epoch, seq, user_id, xp, day, voided_at, folded)
    SELECT raid_id, contribution_id, epoch, seq, user_id, xp, day, at,
           (raid_id, contribution_id) NOT IN (SELECT raid_id, contribution_id FROM taken_back)
    FROM void
    ORDER BY raid_id, contribution_id, epoch, seq
    ON CONFLICT (raid_id, contribution_id) DO NOTHING
    RETURNING raid_id, user_id, xp, day, voided_at, folded
),
delta AS MATERIALIZED (
    SELECT raid_id, user_id, day, xp::bigint AS xp, 1 AS tasks, 1 AS contributions, decided_at AS at,
           happened_at, coalesce(live, false) AS live
    FROM fresh
    UNION ALL
    SELECT raid_id, user_id, day, -xp::bigint, -1, 0, voided_at, NULL, false FROM fresh_void WHERE folded
),
membership AS (
    SELECT DISTINCT ON (raid_id, user_id) raid_id, user_id, epoch, seq,
           CASE WHEN event <> 'member_leave' THEN 'member' WHEN removed THEN 'removed' ELSE 'left' END AS state,
           -- What an entry does not say stays as the last one has it that did: a leaving names nobody, a renaming
           -- no time.
           first_value(username) OVER named AS username,
           to_timestamp((first_value(joined_at) OVER timed)::float8 / 1000) AS joined_at
    FROM json_to_recordset($4::json) AS entry (
        raid_id bigint, user_id bigint, event text, username text, joined_at bigint, removed boolean,
        epoch bigint, seq bigint)
    WHERE event <> 'member_update' OR username IS NOT NULL  -- a lead handed over is no matter of membership
    WINDOW named AS (PARTITION BY raid_id, user_id ORDER BY username IS NULL, epoch DESC, seq DESC),
           timed AS (PARTITION BY raid_id, user_id ORDER BY joined_at IS NULL, epoch DESC, seq DESC)
    ORDER BY raid_id, user_id, epoch DESC, seq DESC
),
member_delta AS (
    SELECT raid_id, user_id, sum(xp) AS xp, sum(tasks) AS tasks, max(at) FILTER (WHERE xp <> 0) AS reached_at
    FROM delta GROUP BY raid_id, user_id
),
folded_member AS (
    INSERT INTO raid_members AS m
        (raid_id, user_id, xp, tasks, reached_at, changes, state, username, joined_at, epoch, seq)
    SELECT raid_id, user_id, coalesce(d.xp, 0), coalesce(d.tasks, 0), d.reached_at,
           CASE WHEN d.xp IS NULL THEN 0 ELSE 1 END,
           state, username, joined_at, coalesce(epoch, 0), coalesce(seq, 0)
    FROM member_delta AS d FULL JOIN membership USING (raid_id, user_id)
    ORDER BY raid_id, user_id
    ON CONFLICT (raid_id, user_id) DO UPDATE SET
        xp = m.xp + excluded.xp,
        tasks = m.tasks + excluded.tasks,
        reached_at = greatest(m.reached_at, excluded.reached_at),
        changes = m.changes + excluded.changes,
        state = CASE WHEN (excluded.epoch, excluded.seq) > (m.epoch, m.seq) THEN excluded.state
                     ELSE m.state END,
        username = CASE WHEN (excluded.epoch, excluded.seq) > (m.epoch, m.seq)
                        THEN coalesce(excluded.username, m.username)
                        ELSE coalesce(m.username, excluded.username) END,
        joined_at = CASE WHEN (excluded.epoch, excluded.seq) > (m.epoch, m.seq)
                         THEN coalesce(excluded.joined_at, m.joined_at)
                         ELSE coalesce(m.joined_at, excluded.joined_at) END,
        epoch = CASE WHEN (excluded.epoch, excluded.seq) > (m.epoch, m.seq) THEN excluded.epoch
                     ELSE m.epoch END,
        seq = CASE WHEN (excluded.epoch, excluded.seq) > (m.epoch, m.seq) THEN excluded.seq ELSE m.seq END
),
user_delta AS MATERIALIZED (
    SELECT user_id, sum(xp)::bigint AS xp, sum(tasks) AS tasks, max(at) AS at FROM delta GROUP BY user_id
),
folded_user AS (
    INSERT INTO user_stats AS u (user_id, xp, tasks, level)
    SELECT user_id, xp, tasks, level_of(xp) FROM user_delta ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET
        xp = u.xp + excluded.xp,
        tasks = u.tasks + excluded.tasks,
        level = greatest(u.level, level_of(u.xp + excluded.xp + u.reward_xp))
    RETURNING user_id, level
),
day_delta AS MATERIALIZED (
    SELECT user_id, day, sum(xp)::bigint AS xp, sum(tasks) AS tasks, min(happened_at) AS first_at,
           max(happened_at) AS last_at, max(at) FILTER (WHERE xp <> 0) AS reached_at, min(at) FILTER (WHERE live) AS lived_at,
           min(at) FILTER (WHERE tasks > 0) AS came_at, max(at) FILTER (WHERE tasks < 0) AS voided_at
    FROM delta GROUP BY user_id, day
),
folded_day AS (
    INSERT INTO user_daily_stats AS d (user_id, day, xp, tasks, first_at, last_at, reached_at, changes)
    SELECT user_id, day, xp, tasks, first_at, last_at, reached_at, 1 FROM day_delta ORDER BY user_id, day
    ON CONFLICT (user_id, day) DO UPDATE SET
        xp = d.xp + excluded.xp,
        tasks = d.tasks + excluded.tasks,
        first_at = least(d.first_at, excluded.first_at),
        last_at = greatest(d.last_at, excluded.last_at),
        reached_at = greatest(d.reached_at, excluded.reached_at),
        changes = d.changes + 1
    RETURNING user_id, day, tasks, checkins, first_at, last_at
),
thresholds AS MATERIALIZED (
    SELECT ARRAY(SELECT threshold FROM achievements WHERE metric = 'xp_total' ORDER BY threshold) AS of_xp,
           ARRAY(SELECT threshold FROM achievements WHERE metric = 'tasks_total' ORDER BY threshold) AS of_tasks
),
person AS MATERIALIZED (  -- each looked up by its key, as above
    SELECT d.user_id, d.at, coalesce(old.xp, 0) AS xp_before, coalesce(old.xp, 0) + d.xp AS xp,
           coalesce(old.tasks, 0) AS tasks_before, coalesce(old.tasks, 0) + d.tasks AS tasks,
           coalesce(old.level, 1) AS level_before, home.today, streak.*
    FROM user_delta AS d
         CROSS JOIN LATERAL (
             SELECT (d.at AT TIME ZONE tz)::date AS today FROM users WHERE id = d.user_id LIMIT 1) AS home
         LEFT JOIN LATERAL (
             SELECT xp, tasks, level FROM user_stats WHERE user_id = d.user_id LIMIT 1) AS old ON true
         LEFT JOIN LATERAL (
             SELECT current, longest, run_last, last_day, due_at FROM user_streaks
             WHERE user_id = d.user_id LIMIT 1) AS streak ON true
),
standing AS (
    SELECT p.*, p.run_last >= p.today - 1 IS TRUE AS alive,
           CASE WHEN p.run_last >= p.today - 1 IS NOT TRUE THEN 'none'
                WHEN p.last_day >= p.today THEN 'active'
                WHEN p.run_last < p.today THEN 'open'
                WHEN (SELECT kept FROM streak_days WHERE user_id = p.user_id AND day = p.today) = 'paused'
                THEN 'paused' ELSE 'frozen' END AS state
    FROM person AS p
),
turned AS (
    SELECT user_id, day, d.came_at, d.voided_at, d.first_at,
           coalesce(d.lived_at <= d.came_at, false) AS live,  -- what made the day active, however batches are cut
           CASE WHEN now.is AND NOT now.was THEN 'active'
                WHEN now.was AND NOT now.is THEN 'inactive' ELSE 'widened' END AS kind
    FROM folded_day AS f
         JOIN day_delta AS d USING (user_id, day)
         JOIN person AS p USING (user_id)
         CROSS JOIN LATERAL (
             SELECT f.tasks > 0 OR f.checkins > 0 AS is, f.tasks - d.tasks > 0 OR f.checkins > 0 AS was) AS now
    WHERE now.is <> now.was
       -- It matters where the day next to it may have been swallowed by a change of zone, so hardly ever.
       OR now.is AND f.first_at = d.first_at AND EXISTS (
           SELECT FROM streak_days AS s WHERE s.user_id = f.user_id AND s.day = f.day - 2 AND s.active OFFSET 0)
       OR now.is AND f.last_at = d.last_at AND p.last_day >= day + 2 AND EXISTS (
           SELECT FROM streak_days AS s WHERE s.user_id = f.user_id AND s.day = f.day + 2 AND s.active OFFSET 0)
),
header AS (
    SELECT * FROM json_to_recordset($3::json) AS entry (
        raid_id bigint, epoch bigint, seq bigint, status text, leader_id bigint, member_count integer,
        started_at bigint, ended_at bigint, deadline bigint, at bigint)
),
details AS (
    SELECT * FROM json_to_recordset($5::json) AS entry (
        raid_id bigint, epoch bigint, seq bigint, title text, description text, open_join boolean,
        public boolean, invite_code text)
),
raid_delta AS (
    SELECT raid_id, sum(xp) AS xp, sum(tasks) AS tasks, sum(contributions) AS contributions
    FROM delta GROUP BY raid_id
),
folded_raid AS (
    UPDATE raids AS r SET
        current_xp = r.current_xp + coalesce(d.xp, 0),
        current_tasks = r.current_tasks + coalesce(d.tasks, 0),
        contribution_count = r.contribution_count + coalesce(d.contributions, 0),
        last_seq = greatest(r.last_seq, h.seq),
        last_at = greatest(r.last_at, to_timestamp(h.at::float8 / 1000)),
        status = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq) THEN h.status
                      ELSE r.status END,
        leader_id = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq) THEN h.leader_id
                         ELSE r.leader_id END,
        member_count = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq) THEN h.member_count
                            ELSE r.member_count END,
        started_at = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq)
                          THEN to_timestamp(h.started_at::float8 / 1000) ELSE r.started_at END,
        ended_at = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq)
                        THEN to_timestamp(h.ended_at::float8 / 1000) ELSE r.ended_at END,
        deadline = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq)
                        THEN to_timestamp(h.deadline::float8 / 1000) ELSE r.deadline END,
        header_epoch = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq) THEN h.epoch
                            ELSE r.header_epoch END,
        header_seq = CASE WHEN (h.epoch, h.seq) > (r.header_epoch, r.header_seq) THEN h.seq
                          ELSE r.header_seq END,
        title = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.title ELSE r.title END,
        description = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.description
                           ELSE r.description END,
        open_join = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.open_join
                         ELSE r.open_join END,
        public = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.public
                      ELSE r.public END,
        invite_code = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.invite_code
                           ELSE r.invite_code END,
        details_epoch = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.epoch
                             ELSE r.details_epoch END,
        details_seq = CASE WHEN (t.epoch, t.seq) > (r.details_epoch, r.details_seq) THEN t.seq
                           ELSE r.details_seq END
    FROM header AS h
         LEFT JOIN raid_delta AS d ON d.raid_id = h.raid_id
         LEFT JOIN details AS t ON t.raid_id = h.raid_id
    WHERE r.id = h.raid_id
    RETURNING r.id, r.current_xp, r.current_tasks,
              r.current_xp >= r.target_xp AND r.current_tasks >= r.target_tasks AS met
),
announced AS (
    INSERT INTO outbox (topic, payload)
    SELECT 'raid_ended', json_build_object('raidId', raid_id) FROM fresh_event
    WHERE event IN ('raid_complete', 'raid_failed', 'raid_cancelled')
    ORDER BY raid_id
    RETURNING id, topic, payload
),
put_on_the_list AS (  -- of 10,000 members, so by a job and in pages
    INSERT INTO jobs (kind, params)
    SELECT 'raid_completed', jsonb_build_object('raidId', raid_id) FROM fresh_event
    WHERE event = 'raid_complete'
    ORDER BY raid_id
)
SELECT 'key' AS kind, raid_id, user_id, epoch AS a, seq AS b, xp::bigint AS c, at AS d, day,
       NULL::bigint[] AS numbers, NULL AS body
FROM fresh
UNION ALL
SELECT 'void', raid_id, user_id, NULL, NULL, NULL, (date_part('epoch', voided_at) * 1000)::bigint, day, NULL, NULL
FROM fresh_void WHERE folded
UNION ALL
SELECT 'event', raid_id, NULL, epoch, seq, NULL, NULL, NULL, NULL, event FROM fresh_event
UNION ALL
SELECT 'raid', id, NULL, current_xp, current_tasks, NULL, NULL, NULL, NULL, met::text FROM folded_raid
UNION ALL
SELECT 'outbox', NULL, NULL, id, NULL, NULL, NULL, NULL, NULL,
       json_build_object('topic', topic, 'payload', payload::text)::text
FROM announced
UNION ALL
SELECT 'user', NULL, s.user_id, (date_part('epoch', s.at) * 1000)::bigint, (s.due_at <= s.at IS TRUE)::integer,
       CASE WHEN s.alive THEN s.current ELSE 0 END, coalesce(s.longest, 0), NULL,
       ARRAY[s.xp_before, s.tasks_before, s.level_before, s.xp, s.tasks, f.level,
             (width_bucket(s.xp_before, t.of_xp) < width_bucket(s.xp, t.of_xp)
              OR width_bucket(s.tasks_before, t.of_tasks) < width_bucket(s.tasks, t.of_tasks))::integer],
       s.state
FROM standing AS s JOIN folded_user AS f USING (user_id) CROSS JOIN thresholds AS t
UNION ALL
SELECT 'day', NULL, user_id, (date_part('epoch', CASE kind WHEN 'inactive' THEN voided_at ELSE came_at END) * 1000)::bigint,
       (date_part('epoch', first_at) * 1000)::bigint, live::integer, NULL, day, NULL, kind
FROM turned

-- Fold a batch of log entries into the ledger: rows, and every total that hangs on them, each once.
-- To be sent after lock.sql in the same transaction. Totals grow only by what an INSERT here returned;
-- no table written here is read again, except to look below the lock for what was there before.
-- Params: arrays of ledger entries as JSON text
--   $1 contributions   $2 all other entries   (neither holds an entry twice)
--   $3 the newest entry of each raid, whose header it is
--   $4 those of $2 that are a member_join or a member_leave
--   $5 the newest raid_update of each raid
-- Returns (kind, raid_id, a, b, body)
--   key     a epoch, b seq, body effects       a contribution recorded just now
--   event   a epoch, b seq, body event         any other entry recorded just now
--   raid    a current_xp, b current_tasks, body whether both targets are met
--   outbox  a id, body {"topic", "payload"}
WITH contribution AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS entry (
        raid_id bigint, epoch bigint, seq bigint, contribution_id uuid, fingerprint text, user_id bigint,
        actor_id bigint, xp integer, type text, task_id text, occurred_at bigint, day date, at bigint)
    WHERE NOT EXISTS (
        SELECT FROM ledger_quarantine AS bad
        WHERE bad.raid_id = entry.raid_id AND bad.epoch = entry.epoch AND bad.seq = entry.seq)
),
fresh_key AS (
    INSERT INTO contribution_keys
        (raid_id, contribution_id, epoch, seq, fingerprint, user_id, xp, day, contributed_at)
    SELECT raid_id, contribution_id, epoch, seq, decode(fingerprint, 'hex'), user_id, xp, day,
           to_timestamp(at::float8 / 1000)
    FROM contribution
    ORDER BY raid_id, contribution_id, epoch, seq
    ON CONFLICT (raid_id, contribution_id) DO NOTHING
    RETURNING raid_id, epoch, seq, user_id, xp, day, effects
),
fresh_contribution AS (
    INSERT INTO contributions
        (raid_id, epoch, seq, contribution_id, user_id, actor_id, xp, type, task_id, occurred_at, day,
         created_at)
    SELECT raid_id, epoch, seq, c.contribution_id, c.user_id, c.actor_id, c.xp, c.type, c.task_id,
           to_timestamp(c.occurred_at::float8 / 1000), c.day, to_timestamp(c.at::float8 / 1000)
    FROM contribution AS c JOIN fresh_key USING (raid_id, epoch, seq)
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
        SELECT FROM contribution
        WHERE contribution.raid_id = void.raid_id AND contribution.contribution_id = void.contribution_id)
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
    RETURNING raid_id, user_id, xp, day, folded
),
delta AS MATERIALIZED (
    SELECT raid_id, user_id, day, xp::bigint AS xp, 1 AS tasks, 1 AS contributions FROM fresh_key
    UNION ALL
    SELECT raid_id, user_id, day, -xp::bigint, -1, 0 FROM fresh_void WHERE folded
),
membership AS (
    SELECT DISTINCT ON (raid_id, user_id) raid_id, user_id, epoch, seq,
           CASE WHEN event = 'member_join' THEN 'member' WHEN removed THEN 'removed' ELSE 'left' END AS state,
           -- A leaving names neither: whoever left keeps what their last join said.
           first_value(username) OVER joins AS username,
           to_timestamp((first_value(joined_at) OVER joins)::float8 / 1000) AS joined_at
    FROM json_to_recordset($4::json) AS entry (
        raid_id bigint, user_id bigint, event text, username text, joined_at bigint, removed boolean,
        epoch bigint, seq bigint)
    WINDOW joins AS (PARTITION BY raid_id, user_id ORDER BY event <> 'member_join', epoch DESC, seq DESC)
    ORDER BY raid_id, user_id, epoch DESC, seq DESC
),
member_delta AS (
    SELECT raid_id, user_id, sum(xp) AS xp, sum(tasks) AS tasks FROM delta GROUP BY raid_id, user_id
),
folded_member AS (
    INSERT INTO raid_members AS m (raid_id, user_id, xp, tasks, state, username, joined_at, epoch, seq)
    SELECT raid_id, user_id, coalesce(member_delta.xp, 0), coalesce(member_delta.tasks, 0),
           state, username, joined_at, coalesce(epoch, 0), coalesce(seq, 0)
    FROM member_delta FULL JOIN membership USING (raid_id, user_id)
    ORDER BY raid_id, user_id
    ON CONFLICT (raid_id, user_id) DO UPDATE SET
        xp = m.xp + excluded.xp,
        tasks = m.tasks + excluded.tasks,
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
folded_user AS (
    INSERT INTO user_stats AS u (user_id, xp, tasks)
    SELECT user_id, sum(xp), sum(tasks) FROM delta GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET xp = u.xp + excluded.xp, tasks = u.tasks + excluded.tasks
),
folded_day AS (
    INSERT INTO user_daily_stats AS d (user_id, day, xp, tasks)
    SELECT user_id, day, sum(xp), sum(tasks) FROM delta GROUP BY user_id, day ORDER BY user_id, day
    ON CONFLICT (user_id, day) DO UPDATE SET xp = d.xp + excluded.xp, tasks = d.tasks + excluded.tasks
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
    SELECT 'raid_ended', jsonb_build_object('raidId', raid_id) FROM fresh_event
    WHERE event IN ('raid_complete', 'raid_failed', 'raid_cancelled')
    ORDER BY raid_id
    RETURNING id, topic, payload
)
SELECT 'key' AS kind, raid_id, epoch AS a, seq AS b, effects::text AS body FROM fresh_key
UNION ALL
SELECT 'event', raid_id, epoch, seq, event FROM fresh_event
UNION ALL
SELECT 'raid', id, current_xp, current_tasks, met::text FROM folded_raid
UNION ALL
SELECT 'outbox', NULL, id, NULL, jsonb_build_object('topic', topic, 'payload', payload::text)::text FROM announced

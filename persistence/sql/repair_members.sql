-- Set the sums and the memberships of all members of some raids anew.
-- Params: $1 raid ids bigint[]
WITH counted AS (
    SELECT raid_id, user_id, sum(xp) AS xp, sum(tasks) AS tasks, max(at) FILTER (WHERE xp <> 0) AS reached_at
    FROM (
        SELECT raid_id, user_id, xp, 1 AS tasks, created_at AS at FROM contributions WHERE raid_id = ANY ($1::bigint[])
        UNION ALL
        SELECT raid_id, user_id, -xp, -1, voided_at FROM contribution_voids
        WHERE raid_id = ANY ($1::bigint[]) AND folded
    ) AS one
    GROUP BY raid_id, user_id
),
newest AS (
    SELECT DISTINCT ON (raid_id, user_id) raid_id, (entry ->> 'user_id')::bigint AS user_id, epoch, seq,
           entry ->> 'username' AS username, to_timestamp((entry ->> 'joined_at')::float8 / 1000) AS joined_at,
           CASE WHEN event <> 'member_leave' THEN 'member'
                WHEN (entry ->> 'removed')::boolean THEN 'removed' ELSE 'left' END AS state
    FROM raid_events
    WHERE raid_id = ANY ($1::bigint[])
      AND (event IN ('member_join', 'member_leave') OR event = 'member_update' AND entry ? 'username')
    ORDER BY raid_id, user_id, epoch DESC, seq DESC
),
wanted AS (
    SELECT raid_id, user_id, coalesce(c.xp, 0) AS xp, coalesce(c.tasks, 0) AS tasks, c.reached_at,
           n.state, n.username, n.joined_at, n.epoch, n.seq
    FROM counted AS c FULL JOIN newest AS n USING (raid_id, user_id)
         FULL JOIN (SELECT raid_id, user_id FROM raid_members WHERE raid_id = ANY ($1::bigint[])) AS m
             USING (raid_id, user_id)
)
INSERT INTO raid_members AS m
    (raid_id, user_id, xp, tasks, reached_at, changes, state, username, joined_at, epoch, seq)
SELECT raid_id, user_id, xp, tasks, reached_at, (xp <> 0)::integer, state, username, joined_at, coalesce(epoch, 0),
       coalesce(seq, 0)
FROM wanted WHERE EXISTS (SELECT FROM raids WHERE raids.id = wanted.raid_id)
ORDER BY raid_id, user_id
ON CONFLICT (raid_id, user_id) DO UPDATE SET
    xp = excluded.xp,
    tasks = excluded.tasks,
    reached_at = CASE WHEN m.xp = excluded.xp THEN m.reached_at ELSE excluded.reached_at END,
    changes = m.changes + (m.xp <> excluded.xp)::integer,
    state = coalesce(excluded.state, m.state),
    username = coalesce(excluded.username, m.username),
    joined_at = coalesce(excluded.joined_at, m.joined_at),
    epoch = greatest(excluded.epoch, m.epoch),
    seq = CASE WHEN excluded.epoch >= m.epoch THEN excluded.seq ELSE m.seq END

-- Set what hangs on rows anew for some raids: sums, status, member count, lead, numbers.
-- Params: $1 raid ids bigint[]
WITH counted AS (
    SELECT raid_id, sum(xp) AS xp, sum(tasks) AS tasks, sum(contributions) AS contributions
    FROM (
        SELECT raid_id, xp, 1 AS tasks, 1 AS contributions FROM contributions WHERE raid_id = ANY ($1::bigint[])
        UNION ALL
        SELECT raid_id, -xp, -1, 0 FROM contribution_voids WHERE raid_id = ANY ($1::bigint[]) AND folded
    ) AS one
    GROUP BY raid_id
),
ending AS (
    SELECT raid_id, event, coalesce(to_timestamp((entry ->> 'ended_at')::float8 / 1000), at) AS ended_at
    FROM raid_events
    WHERE raid_id = ANY ($1::bigint[]) AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')
)
UPDATE raids AS r SET
    current_xp = coalesce(c.xp, 0),
    current_tasks = coalesce(c.tasks, 0),
    contribution_count = coalesce(c.contributions, 0),
    status = CASE e.event
        WHEN 'raid_complete' THEN 'completed'
        WHEN 'raid_failed' THEN 'failed'
        WHEN 'raid_cancelled' THEN 'cancelled'
        ELSE CASE WHEN r.started_at IS NULL THEN 'recruiting' ELSE 'active' END
    END,
    ended_at = CASE WHEN e.event IS NULL THEN NULL ELSE coalesce(r.ended_at, e.ended_at) END,
    member_count = (SELECT count(*) FROM raid_members AS m WHERE m.raid_id = r.id AND m.state = 'member'),
    leader_id = coalesce(
        (SELECT user_id FROM raid_members AS m
         WHERE m.raid_id = r.id AND m.state = 'member' AND m.user_id = r.leader_id),
        (SELECT user_id FROM raid_members AS m
         WHERE m.raid_id = r.id AND m.state = 'member' ORDER BY joined_at, user_id LIMIT 1),
        r.leader_id),
    last_seq = greatest(
        r.last_seq,
        (SELECT max(seq) FROM contribution_keys AS k WHERE k.raid_id = r.id),
        (SELECT max(seq) FROM raid_events AS v WHERE v.raid_id = r.id),
        (SELECT max(seq) FROM ledger_quarantine AS q WHERE q.raid_id = r.id)),
    audited_seq = least(r.audited_seq, greatest(
        r.last_seq,
        (SELECT max(seq) FROM contribution_keys AS k WHERE k.raid_id = r.id),
        (SELECT max(seq) FROM raid_events AS v WHERE v.raid_id = r.id)))
FROM raids AS same LEFT JOIN counted AS c ON c.raid_id = same.id LEFT JOIN ending AS e ON e.raid_id = same.id
WHERE r.id = ANY ($1::bigint[]) AND same.id = r.id
